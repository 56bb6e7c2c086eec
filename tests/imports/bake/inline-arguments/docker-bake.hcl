# Targets with arguments that are called like the variables in the name of their parent.
variable "BASE_TAG" { default = "1.0" }
variable "REG" { default = "ghcr.io/acme" }
target "base" { 
  tags = ["${REG}/base:${BASE_TAG}"]
}
target "app" {
  contexts = { base = "target:base" }
  args = { BASE_TAG = "x" }
  dockerfile-inline = <<EOT
FROM base
ARG BASE_TAG
RUN echo $BASE_TAG
EOT
  tags = ["${REG}/app:${BASE_TAG}"]
}
target "app2" {
  contexts = { base = "target:base" }
  args = { REG = "${REG}/mirror", BASE_TAG = upper(BASE_TAG) }
  dockerfile-inline = "FROM base\nARG REG\nRUN echo $REG"
  tags = ["${REG}/app2:${BASE_TAG}"]
}
