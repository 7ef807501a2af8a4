# LocalStack in the versions of tools/requirements-localstack.txt, with what tools/start-localstack.py puts right in it.
ARG BASE
FROM ${BASE}
COPY requirements-localstack.txt /localstack/
# As in test/rig/localstack-python.ts.
RUN python3 -m venv /localstack/python \
  && /localstack/python/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --constraint /localstack/requirements-localstack.txt setuptools wheel \
  && /localstack/python/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --no-build-isolation --requirement /localstack/requirements-localstack.txt
COPY start-localstack.py /localstack/
ENV SERVICES=s3,iam,sts,kms EAGER_SERVICE_LOADING=1 GATEWAY_LISTEN=0.0.0.0:4566 FILESYSTEM_ROOT=/tmp/files LOCALSTACK_VOLUME_DIR=/tmp/volume \
  DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 DNS_ADDRESS=0 HOME=/tmp
USER 65532:65532
ENTRYPOINT ["/localstack/python/bin/python", "/localstack/start-localstack.py"]
