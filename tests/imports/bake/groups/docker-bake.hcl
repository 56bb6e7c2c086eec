variable "NAMESPACE" { default = "acme" }
variable "R" { default = "4.5.0" }

group "default" {
  targets = ["all"]
}

group "all" {
  targets = ["jupyter", "rstack"]
}

group "jupyter" {
  targets = ["base-notebook", "science"]
}

group "science" {
  targets = ["scipy-notebook", "tensorflow-notebook"]
}

group "rstack" {
  targets = ["r-base"]
}

target "root" {
  labels = { maintainer = "notebooks@acme.example" }
}

target "multiarch" {
  inherits  = ["root"]
  platforms = ["linux/amd64", "linux/arm64"]
}

target "python" {
  inherits = ["multiarch"]
  args     = { PYTHON_VERSION = "3.12" }
}

target "base-notebook" {
  inherits = ["python"]
  context  = "images/base-notebook"
  tags     = ["${NAMESPACE}/base-notebook:python-3.12", "${NAMESPACE}/base-notebook:latest"]
}

target "scipy-notebook" {
  inherits = ["python"]
  context  = "images/scipy-notebook"
  contexts = { base-notebook = "target:base-notebook" }
  args     = { EXTRAS = "scipy pandas" }
  tags     = ["${NAMESPACE}/scipy-notebook:python-3.12", "${NAMESPACE}/scipy-notebook:latest"]
}

target "tensorflow-notebook" {
  inherits = ["scipy-notebook"]
  context  = "images/tensorflow-notebook"
  contexts = { scipy-notebook = "target:scipy-notebook" }
  args     = { EXTRAS = "tensorflow" }
  platforms = ["linux/amd64"]
  tags     = ["${NAMESPACE}/tensorflow-notebook:latest"]
}

target "r-base" {
  inherits = ["multiarch"]
  context  = "images/r-base"
  args     = { R_VERSION = R }
  tags     = ["${NAMESPACE}/r-base:${R}", "${NAMESPACE}/r-base:latest"]
}
