variable "CUDA" { default = "12.6.2" }
variable "IMAGES" {
  default = [
    { distro = "ubuntu22.04", kind = "base", platforms = ["linux/amd64", "linux/arm64"] },
    { distro = "ubuntu22.04", kind = "runtime", platforms = ["linux/amd64", "linux/arm64"] },
    { distro = "ubi8", kind = "base", platforms = ["linux/amd64"] },
    { distro = "ubi8", kind = "runtime", platforms = ["linux/amd64"] },
  ]
}
target "cuda" {
  name = "cuda-${replace(i.distro, ".", "")}-${i.kind}"
  matrix = { i = IMAGES }
  context = "dist/${CUDA}/${i.distro}/${i.kind}"
  args = { CUDA_VERSION = CUDA, IMAGE_NAME = "nvcr.io/nvidia/cuda" }
  platforms = i.platforms
  tags = ["nvcr.io/acme/cuda:${CUDA}-${i.kind}-${i.distro}"]
}
