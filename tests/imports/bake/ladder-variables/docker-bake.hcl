variable "VERSION" { default = "5.6.7" }
variable "MAJOR" { default = element(split(".", VERSION), 0) }
variable "MINOR" { default = "${MAJOR}.${element(split(".", VERSION), 1)}" }
target "app" {
  name = "app-${f}"
  matrix = { f = ["slim", "full"] }
  target = f
  tags = f == "full" ? ["acme/app:${VERSION}", "acme/app:${MINOR}", "acme/app:${MAJOR}", "acme/app:latest"] : ["acme/app:${VERSION}-${f}", "acme/app:${MINOR}-${f}", "acme/app:${MAJOR}-${f}", "acme/app:${f}"]
}
