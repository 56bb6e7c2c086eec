variable "registries" {
  default = []
}

variable "VERSION" {
  default = "dev"
}

group "default" {
  targets = ["terraform", "ansible", "kubectl"]
}

target "_template" {
  pull = true
  labels = {
    "org.opencontainers.image.vendor" = "acme"
  }
}

target "terraform" {
  inherits = ["_template"]
  context  = "terraform"
  args     = { TERRAFORM_VERSION = "1.12.1" }
  tags     = formatlist("%s/terraform:${VERSION}", concat(["local"], registries))
}

target "ansible" {
  inherits = ["_template"]
  context  = "ansible"
  args     = { ANSIBLE_VERSION = "11.6.0" }
  tags     = formatlist("%s/ansible:${VERSION}", concat(["local"], registries))
}

target "kubectl" {
  inherits = ["_template"]
  context  = "kubectl"
  tags     = ["local/kubectl:dev"]
}
