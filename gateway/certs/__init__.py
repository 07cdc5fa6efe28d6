"""The gateway's own certificate authority, and its certificate: what a box trusts, and by what it knows the gateway.

papers = certs.ensure(data_dir / "certs", gateway_id)     # made once; the same ever after
papers.ca_der, papers.fingerprint                         # for the boxes and for their provisioning codes
papers.chain_file                                         # key and certificate: for the broker and for enrolment
certs.renew(data_dir / "certs", gateway_id)               # another certificate by the same authority
succession.begin(folder, gateway_id), .switch(…), .finish(…)   # another authority, step by step
"""

from gateway.certs.authority import CertError, Papers, current, ends, ensure, fingerprint_of, renew

__all__ = ["CertError", "Papers", "current", "ends", "ensure", "fingerprint_of", "renew"]
