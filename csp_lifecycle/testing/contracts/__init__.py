"""What every event store promises, as tests; `csp_lifecycle.testing.store_contract` puts them together."""
