# One image for web, worker and scheduler: compose.yaml names the command of each. The tests run every RUN line below in a clean
# virtualenv, and start the commands of compose.yaml from it.

FROM python:3.11-slim-bookworm AS build
WORKDIR /opt/sverka
COPY requirements/runtime.lock requirements/runtime.lock
RUN python -m venv /opt/venv
RUN /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --quiet --require-hashes -r requirements/runtime.lock
COPY connectors connectors
COPY mappings mappings
COPY retry_queue retry_queue
COPY hub hub
COPY config.example.yaml config.example.yaml
RUN /opt/venv/bin/python -m compileall -q connectors mappings retry_queue hub
RUN mkdir -p /var/lib/sverka

FROM python:3.11-slim-bookworm
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/sverka /opt/sverka
COPY --from=build --chown=10001:10001 /var/lib/sverka /var/lib/sverka
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2 HOME=/var/lib/sverka SVERKA_FOLDER=/var/lib/sverka SVERKA_CONFIG=/etc/sverka/config.yaml
WORKDIR /opt/sverka
USER 10001:10001
EXPOSE 8765
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8765/health', timeout=3)"]
CMD ["python", "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8765", "--blocking-threads", "16", "--no-ws", "--log-level", "error", "hub.web.wsgi:app"]
