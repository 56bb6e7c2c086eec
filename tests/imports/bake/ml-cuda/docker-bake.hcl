variable "REPO" {
  default = "acme/pytorch"
}

variable "RELEASE" {
  default = "2.3"
}

variable "CUDA" {
  default = [
    { version = "12.6.3", wheel = "cu126", ubuntu = "22.04" },
    { version = "12.8.1", wheel = "cu128", ubuntu = "24.04" },
  ]
}

// names of targets take no dots
function "slug" {
  params = [s]
  result = regex_replace(s, "[^a-zA-Z0-9_-]+", "")
}

function "cudatag" {
  params = [version, flavor, cudnn]
  result = notequal("", cudnn) ? "${version}-${cudnn}-${flavor}" : "${version}-${flavor}"
}

group "default" {
  targets = ["torch"]
}

target "torch" {
  name = "torch-${slug(torch)}-${c.wheel}-py${slug(py)}"
  matrix = {
    c     = CUDA
    torch = ["2.6.0", "2.7.1"]
    py    = ["3.11", "3.12"]
  }
  context    = "."
  dockerfile = "Dockerfile"
  contexts = {
    scripts = "./container-template/scripts"
    logo    = "./container-template"
  }
  args = {
    BASE_IMAGE     = "nvidia/cuda:${cudatag(c.version, "devel", "cudnn")}-ubuntu${c.ubuntu}"
    PYTHON_VERSION = py
    TORCH          = "torch==${torch} --index-url https://download.pytorch.org/whl/${c.wheel}"
  }
  platforms = ["linux/amd64"]
  tags      = ["${REPO}:${RELEASE}-torch${torch}-${c.wheel}-py${py}-ubuntu${c.ubuntu}"]
}
