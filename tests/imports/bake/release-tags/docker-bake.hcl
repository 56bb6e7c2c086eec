variable "VERSION" { default = "3.4.0" }
function "is_release" {
  params = [v]
  result = length(regexall("-", v)) == 0
}
target "a" {
  tags = concat(["acme/a:${VERSION}"], is_release(VERSION) ? ["acme/a:${split(".", VERSION)[0]}", "acme/a:latest"] : [])
}
