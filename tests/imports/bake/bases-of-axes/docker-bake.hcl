target "py" {
  name = "py-${replace(py, ".", "-")}-${flavor.name}"
  matrix = {
    py = ["3.11", "3.12", "3.13"]
    flavor = [{ name = "cpu", base = "python" }, { name = "gpu", base = "nvidia/cuda:12.6.2-runtime" }]
  }
  contexts = flavor.name == "cpu" ? { base = "docker-image://python:${py}-slim" } : { base = "docker-image://${flavor.base}" }
  args = { PY = py }
  tags = ["acme/py:${py}-${flavor.name}"]
}
