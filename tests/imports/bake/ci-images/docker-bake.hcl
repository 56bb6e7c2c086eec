variable "PREFIX" { default = "quay.io/acme/ci-" }
variable "V"      { default = "21" }
variable "NODE"   { default = "22" }
variable "DEBIAN" { default = "bookworm" }

group "default" {
  targets = ["java", "node", "lint"]
}

target "java" {
  context = "java"
  args = {
    JAVA_VERSION = V
    DEBIAN       = DEBIAN
  }
  tags = ["${PREFIX}java:${V}", "${PREFIX}java:${V}-${DEBIAN}", "${PREFIX}java:latest"]
}

target "node" {
  context = "node"
  args = {
    NODE_MAJOR = NODE
    JAVA_IMAGE = "${PREFIX}java:${V}"
  }
  tags = ["${PREFIX}node:${NODE}", "${PREFIX}node:${NODE}-java${V}"]
}

target "lint" {
  context = "lint"
  args    = { DEBIAN = DEBIAN }
  tags    = ["${PREFIX}lint:${DEBIAN}"]
}
