"""Faces over HTTP: the dashboard, the REST API, webhooks, and files that vendors bring. Views ask, render and decide nothing."""
