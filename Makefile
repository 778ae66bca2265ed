# Every target sets itself up in .venv if it has to, on a machine with Python 3.11 or newer and nothing else.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
READY := .venv/ready

.PHONY: demo test lint bench gallery studies clean

demo: $(READY)
	.venv/bin/python examples/demo.py demo

# One thread: torch with two on a busy machine can be 40 times slower.
test: $(READY)
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest

lint: $(READY)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest -q tests/test_manners.py tests/test_public.py

# DATA is a folder laid out as benchmarks/README.md says; without it the benchmarks say what they skip.
bench: $(READY)
	.venv/bin/python benchmarks/denoise.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/denoise.py --data $(or $(DATA),data) --told --sets set9,kodak256
	.venv/bin/python benchmarks/denoise.py --data $(or $(DATA),data) --sets kodak256 --sigma 15,25,50 --noise clipped,unclipped
	.venv/bin/python benchmarks/denoise.py --data $(or $(DATA),data) --sets kodak256 --noise poisson
	.venv/bin/python benchmarks/inpaint.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/upscale.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/deblur.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/fuse.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/dejpeg.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/guide.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/guide.py --data $(or $(DATA),data) --images kodim08,kodim23 --noise 25,poisson --guide other
	.venv/bin/python benchmarks/scribbles.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/likelihoods.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/observations.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/measuring.py
	.venv/bin/python benchmarks/scaling.py
	.venv/bin/python benchmarks/recipes.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/faithful.py --data $(or $(DATA),data)
	.venv/bin/python benchmarks/gpu.py
	.venv/bin/python benchmarks/tables.py

# Wants no data: the pictures come with scikit-image. About half an hour of one core; what is there is skipped.
gallery: $(READY)
	.venv/bin/python benchmarks/gallery.py
	.venv/bin/python benchmarks/tables.py

# Wants no data: phantoms, and pictures that come with scikit-image. About ten minutes of one core each.
RESTORATION := impedance spaces input architecture likelihood optimiser
VESSELS := $(addprefix vessels-,guidance thin scale coupling kernel reconstruction)
studies: $(READY)
	for name in $(RESTORATION) $(VESSELS); do \
		.venv/bin/untaught study $$name -o docs/studies/$$name --overwrite || exit 1; \
	done
	.venv/bin/python benchmarks/phantoms.py

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("untaught needs Python 3.11 or newer, this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $(READY)

clean:
	rm -rf .venv demo
