"""What is permitted, as data: one page per commerce model."""

from collections.abc import Mapping
from types import MappingProxyType

from csp_lifecycle.policies.dynamics_direct import DYNAMICS_DIRECT
from csp_lifecycle.policies.legacy import LEGACY
from csp_lifecycle.policies.marketplace_saas import MARKETPLACE_SAAS
from csp_lifecycle.policies.new_commerce import NEW_COMMERCE
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.policies.readings import READINGS
from csp_lifecycle.policies.usage import USAGE

MODELS = (NEW_COMMERCE, LEGACY, MARKETPLACE_SAAS, DYNAMICS_DIRECT, USAGE)
"""One policy for each commerce model; its id is the model's name, and it is the default for the model's offers."""

POLICIES: Mapping[str, Policy] = MappingProxyType({policy.id: policy for policy in (*MODELS, *READINGS)})
"""The policies that ship with the library, by id."""
