"""A strict checker of AWS Signature Version 4, written from its specification for the doubles of this folder.

It judges the bytes that came over the wire.  Where AWS is lenient this is not: what a signature does not cover
is an error, because the next service may insist on it.
"""
import datetime
import hashlib
import hmac
import re
from urllib.parse import quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW_SECONDS = 300
UNRESERVED = "-_.~"
SHAPE = re.compile(
    ALGORITHM + r" Credential=([^/, ]+)/(\d{8})/([^/, ]+)/([^/, ]+)/aws4_request, ?"
    r"SignedHeaders=([^, ]+), ?Signature=([0-9a-f]{64})")


class Refused(Exception):
    """What AWS would answer: an error code, words and an HTTP status."""

    def __init__(self, code, message, status=403):
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class Key:
    """A set of keys that the double knows."""

    def __init__(self, access, secret, token=None, expired=False, denied=()):
        self.access, self.secret, self.token, self.expired = access, secret, token, expired
        self.denied = set(denied)  # actions this key may not call


def digest(data):
    return hashlib.sha256(data).hexdigest()


def sign(key, *parts):
    """The chain of keys: date, region, service, terminator, then the text."""
    for part in parts:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def one(request, name):
    """The single value of a header; two of one name cannot be signed without ambiguity."""
    values = [value for header, value in request.headers if header.lower() == name]
    if len(values) > 1:
        raise Refused("SignatureDoesNotMatch", f"the header '{name}' is there {len(values)} times")
    return values[0] if values else None


def canonical_path(path):
    """Every service but S3 signs each segment encoded twice: as it was sent, and once more."""
    if "//" in path or "/./" in path or "/../" in path or not path.startswith("/"):
        raise Refused("SignatureDoesNotMatch", f"the path '{path}' is not in its normal form")
    return "/".join(quote(segment, safe=UNRESERVED) for segment in path.split("/"))


def canonical_query(query):
    """Decoded, encoded by the rules of the signature, sorted; and it must have been sent in that very form,
    because a signer that signs what it sends (libcurl 7.88) is right only then."""
    pairs = []
    for pair in query.split("&") if query else []:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Refused("SignatureDoesNotMatch", f"the query's key '{name}' has no '='")
        pairs.append((quote(unquote_to_bytes(name), safe=UNRESERVED),
                      quote(unquote_to_bytes(value), safe=UNRESERVED)))
    canonical = "&".join(f"{name}={value}" for name, value in sorted(pairs))
    if canonical != query:
        raise Refused("SignatureDoesNotMatch", f"the query '{query}' was not sent as '{canonical}'")
    return canonical


def check_headers(request, signed):
    """Signed headers: lower case, sorted, once each, there; and none missing that matters."""
    if signed != sorted(set(signed)) or any(name != name.lower() for name in signed):
        raise Refused("SignatureDoesNotMatch", f"signed headers are not sorted lower-case names: {signed}")
    present = [name.lower() for name, _ in request.headers]
    for name in signed:
        if name not in present:
            raise Refused("SignatureDoesNotMatch", f"the signed header '{name}' is missing")
    for name in present:
        must = name in ("host", "content-type") or name.startswith("x-amz-")
        if must and name not in signed:
            raise Refused("AccessDenied", f"the header '{name}' was present and is not signed")
    if "host" not in signed:
        raise Refused("SignatureDoesNotMatch", "'host' must be a signed header")


def check_time(request, date):
    stamp = one(request, "x-amz-date")
    if not stamp or not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        raise Refused("IncompleteSignature", f"X-Amz-Date is missing or no time: {stamp}", 400)
    if stamp[:8] != date:
        raise Refused("SignatureDoesNotMatch", f"date in Credential scope ({date}) is not that of X-Amz-Date")
    then = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    age = (datetime.datetime.now(datetime.timezone.utc) - then).total_seconds()
    if age > SKEW_SECONDS:
        raise Refused("SignatureDoesNotMatch", f"Signature expired: {stamp} is now earlier than it may be (5 min.)")
    if age < -SKEW_SECONDS:
        raise Refused("SignatureDoesNotMatch", f"Signature not yet current: {stamp} is still later than it may be")
    return stamp


def check_key(request, keys, access):
    key = keys.get(access)
    token = one(request, "x-amz-security-token")
    if not key or (token or None) != key.token:
        raise Refused("InvalidClientTokenId", "The security token included in the request is invalid")
    if key.expired:
        raise Refused("ExpiredToken", "The security token included in the request is expired")
    return key


def check(request, keys, region, service):
    """The key that signed the request; Refused otherwise.

    `request` has method, path and query (as sent), headers (a list of pairs as sent) and body (bytes)."""
    authorization = one(request, "authorization")
    if not authorization:
        raise Refused("MissingAuthenticationToken", "Missing Authentication Token")
    shape = SHAPE.fullmatch(authorization)
    if not shape:
        raise Refused("IncompleteSignature", f"Authorization header is not of the form: {ALGORITHM} ...", 400)
    access, date, asked_region, asked_service, names, signature = shape.groups()
    signed = names.split(";")
    check_headers(request, signed)
    stamp = check_time(request, date)
    key = check_key(request, keys, access)
    if asked_region != region:
        raise Refused("SignatureDoesNotMatch", f"Credential should be scoped to a valid region, not '{asked_region}'.")
    if asked_service != service:
        raise Refused("SignatureDoesNotMatch", f"Credential should be scoped to correct service: '{service}'.")
    payload = digest(request.body)
    claimed = one(request, "x-amz-content-sha256")
    if claimed not in (None, payload):
        raise Refused("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match", 400)
    headers = "".join(f"{name}:{' '.join(one(request, name).split())}\n" for name in signed)
    canonical = "\n".join([request.method, canonical_path(request.path), canonical_query(request.query), headers,
                           names, payload])
    scope = f"{date}/{region}/{service}/aws4_request"
    text = "\n".join([ALGORITHM, stamp, scope, digest(canonical.encode())])
    secret = ("AWS4" + key.secret).encode()
    right = sign(secret, date, region, service, "aws4_request", text).hex()
    if not hmac.compare_digest(right, signature):
        raise Refused("SignatureDoesNotMatch",
                      "The request signature we calculated does not match the signature you provided. The Canonical "
                      f"String for this request should have been '{canonical}'")
    return key
