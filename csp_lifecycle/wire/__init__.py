"""How it is written: commands, events, catalog, state and refusals as JSON. Names here are a public promise."""
