"""What is permitted, as data: one page per commerce model."""

from collections.abc import Mapping
from types import MappingProxyType

from csp_lifecycle.policies.new_commerce import NEW_COMMERCE
from csp_lifecycle.policies.policy import Policy

POLICIES: Mapping[str, Policy] = MappingProxyType({policy.id: policy for policy in (NEW_COMMERCE,)})
"""The policies that ship with the library, by id."""
