# no group: `default` is a target
ALPINE   = ["3.20", "3.21", "3.22"]
RELEASED = index(ALPINE, length(ALPINE) - 1)

variable "SAMBA" {
  default = "4.21.4"
}

variable "ALPINE_SHORT" {
  default = regex_replace(SAMBA, "\\.\\d+$", "")
}

target "default" {
  name = "samba-alpine${replace(alpine, ".", "-")}"
  matrix = {
    alpine = ALPINE
  }
  context = "./samba"
  args = {
    ALPINE_VERSION = alpine
    SAMBA_VERSION  = SAMBA
  }
  tags = [
    "docker.io/acme/samba:${SAMBA}-alpine${alpine}",
    "docker.io/acme/samba:${ALPINE_SHORT}-alpine${alpine}",
    equal(alpine, RELEASED) ? "docker.io/acme/samba:${SAMBA}" : "",
    equal(alpine, RELEASED) ? "docker.io/acme/samba:latest" : "",
  ]
  platforms = [
    "linux/amd64",
    "linux/arm64",
  ]
}
