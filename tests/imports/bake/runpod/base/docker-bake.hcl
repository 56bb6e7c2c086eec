variable "PUBLISHER" {
  default = "acme"
}

group "default" {
  targets = [
    ### 12.4 ###
    "py310-cuda1241-devel-ubuntu2204",
    "py311-cuda1241-devel-ubuntu2204",
    ### 12.8 ###
    "py312-cuda1281-devel-ubuntu2404",
  ]
}

target "py310-cuda1241-devel-ubuntu2204" {
  context    = "base"
  dockerfile = "Dockerfile"
  tags       = ["${PUBLISHER}/base:py3.10-cuda12.4.1-devel-ubuntu22.04"]
  contexts = {
    scripts = "./base/../container-template"
    proxy   = "container-template/proxy"
  }
  args = {
    BASE_IMAGE     = "nvidia/cuda:12.4.1-devel-ubuntu22.04"
    PYTHON_VERSION = "3.10"
  }
}

target "py311-cuda1241-devel-ubuntu2204" {
  context    = "base"
  dockerfile = "Dockerfile"
  tags       = ["${PUBLISHER}/base:py3.11-cuda12.4.1-devel-ubuntu22.04"]
  contexts = {
    scripts = "./base/../container-template"
    proxy   = "container-template/proxy"
  }
  args = {
    BASE_IMAGE     = "nvidia/cuda:12.4.1-devel-ubuntu22.04"
    PYTHON_VERSION = "3.11"
  }
}

target "py312-cuda1281-devel-ubuntu2404" {
  context    = "base"
  dockerfile = "Dockerfile"
  tags       = ["${PUBLISHER}/base:py3.12-cuda12.8.1-devel-ubuntu24.04"]
  contexts = {
    scripts = "./base/../container-template"
    proxy   = "container-template/proxy"
  }
  args = {
    BASE_IMAGE     = "nvidia/cuda:12.8.1-devel-ubuntu24.04"
    PYTHON_VERSION = "3.12"
  }
}
