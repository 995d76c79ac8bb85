# docker build -t holdfast .      docs/deployment.md says how it is run
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PATH=/srv/holdfast/.venv/bin:$PATH
RUN useradd --system --uid 10001 --home-dir /srv/holdfast --create-home holdfast
WORKDIR /srv/holdfast
USER holdfast

# First what changes seldom
COPY --chown=holdfast requirements.txt requirements-dev.txt requirements-pip.txt ./
COPY --chown=holdfast script/environment script/
RUN bash -c '. script/environment requirements.txt'

COPY --chown=holdfast . .
# The folders are there before volumes are mounted on them, so that those are ours, too.
RUN SECRET_KEY=build python manage.py collectstatic --noinput && mkdir -p var/media var/files

# On its own it is a demo on SQLite. compose.yml says what each process of an installation runs.
ENV HOST=0.0.0.0 PORT=8000
EXPOSE 8000
CMD ["script/server"]
