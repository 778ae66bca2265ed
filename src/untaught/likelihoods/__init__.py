"""How measurements scatter, one law per file."""

from untaught.likelihoods.bernoulli import Bernoulli
from untaught.likelihoods.gamma import Gamma
from untaught.likelihoods.gaussian import Gaussian
from untaught.likelihoods.huber import Huber
from untaught.likelihoods.laplace import Laplace
from untaught.likelihoods.poisson import Poisson
from untaught.likelihoods.poisson_gaussian import PoissonGaussian
from untaught.likelihoods.rician import Rician
from untaught.likelihoods.salt_and_pepper import SaltAndPepper
from untaught.likelihoods.student_t import StudentT

__all__ = [
    "Bernoulli",
    "Gamma",
    "Gaussian",
    "Huber",
    "Laplace",
    "Poisson",
    "PoissonGaussian",
    "Rician",
    "SaltAndPepper",
    "StudentT",
]
