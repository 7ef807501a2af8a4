"""Starts LocalStack, with what no setting of it can put right.

- Its web server listens on every interface whatever host GATEWAY_LISTEN names
  (localstack/runtime/server/twisted.py passes on the port alone), so the host is put in here: that of 127.0.0.1, but for
  the kind cluster, whose pod has to be reached from elsewhere.
- Its KMS names keys by bytes (uuid.uuid5 in localstack/services/kms/models.py), which Python allows only
  from 3.12 on (https://docs.python.org/3/library/uuid.html#uuid.uuid5). Without this, CreateKey fails on 3.11.
- It refuses lifecycle rules of the old form (a Prefix and no Filter) and rules without an ID. S3 takes both: an ID is not
  required, and a Filter only where there is no Prefix
  (https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html). A rule without an ID gets one here.
  A configuration without rules is malformed, not an internal error: Rule is required
  (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html).
- It takes every region outside of the partition aws for us-east-1 (localstack/aws/handlers/region.py). What it is made of
  knows China and GovCloud and has their partitions in ARNs, so their regions are let through.
"""

import hashlib
import os
import runpy
import sys
import uuid

from boto3.session import Session
from localstack.aws.handlers import region
from localstack.services.s3 import validation
from twisted.internet import endpoints


class NamedEndpoint(endpoints.TCP4ServerEndpoint):
    def __init__(self, reactor, port):
        host = os.environ["GATEWAY_LISTEN"].rpartition(":")[0]
        super().__init__(reactor, port, interface=host)


def uuid5(namespace, name):
    """uuid.uuid5 as in Python 3.12."""
    name = name.encode() if isinstance(name, str) else name
    return uuid.UUID(bytes=hashlib.sha1(namespace.bytes + name).digest()[:16], version=5)


validate_strictly = validation.validate_lifecycle_configuration


def validate_lifecycle_configuration(configuration):
    if not configuration or not configuration.get("Rules"):
        raise validation.MalformedXML()
    for rule in configuration["Rules"]:
        rule.setdefault("ID", str(uuid.uuid4()))
    rules = [{"Filter": {}, **rule} if "Prefix" in rule else rule for rule in configuration["Rules"]]
    validate_strictly({**configuration, "Rules": rules})


PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
REGIONS = [name for partition in PARTITIONS for name in Session().get_available_regions("s3", partition)]

region.DefaultRegionRewriterStrategy.available_regions = REGIONS
endpoints.TCP4ServerEndpoint = NamedEndpoint
validation.validate_lifecycle_configuration = validate_lifecycle_configuration
if sys.version_info < (3, 12):
    uuid.uuid5 = uuid5
runpy.run_module("localstack.runtime.main", run_name="__main__")
