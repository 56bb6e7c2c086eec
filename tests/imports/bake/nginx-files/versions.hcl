variable "MAINLINE" { default = "1.29.0" }
variable "STABLE"   { default = "1.28.0" }
variable "REPO"     { default = "docker.io/acme/nginx" }

function "ladder" {
  params = [v]
  result = [v, join(".", slice(split(".", v), 0, 2)), element(split(".", v), 0)]
}
