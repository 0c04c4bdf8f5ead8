"""HTTP: the API, the page, and what stands guard before both."""
