"""The routes, by what they are about. Each is thin: it reads the request and asks the desk."""
