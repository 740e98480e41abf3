"""Writes one ConfigMap again and again over one connection: keep-alive.py URL KUBECONFIG SIZE. Prints how often each answer came, as JSON."""
import base64
import collections
import http.client
import json
import ssl
import sys
import tempfile

url, kubeconfig, size = sys.argv[1], json.load(open(sys.argv[2])), int(sys.argv[3])


def file(data):
    made = tempfile.NamedTemporaryFile()
    made.write(base64.b64decode(data))
    made.flush()
    return made


user = kubeconfig["users"][0]["user"]
ca = file(kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"])
cert, key = file(user["client-certificate-data"]), file(user["client-key-data"])
context = ssl.create_default_context(cafile=ca.name)
context.load_cert_chain(cert.name, key.name)
host, port = url.replace("https://", "").split(":")
connection = http.client.HTTPSConnection(host, int(port), context=context)
name = "of-%d" % size
path = "/api/v1/namespaces/default/configmaps"


def send(method, where, turn):
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": "x" * size, "turn": str(turn)}}
    try:
        connection.request(method, where, json.dumps(config_map), {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return "closed" if answer.will_close else str(answer.status)
    except Exception as error:
        connection.close()
        return type(error).__name__


counts = collections.Counter([send("POST", path, 0)])
for turn in range(60):
    counts[send("PUT", path + "/" + name, turn)] += 1
print(json.dumps(counts))
