"""HTTP: the gateways' API, the readers' API, and the page. Is handed the store."""
