variable "VERSIONS" { default = { "3.2" = "3.2.6", "3.1" = "3.1.9", "2.8" = "2.8.16" } }
variable "LATEST" { default = "3.2" }
target "haproxy" {
  name = "haproxy-${replace(series, ".", "-")}-${flavor}"
  matrix = {
    series = keys(VERSIONS)
    flavor = ["debian", "alpine"]
  }
  context = "${series}${flavor == "alpine" ? "/alpine" : ""}"
  tags = distinct(concat(
    ["acme/haproxy:${VERSIONS[series]}${flavor == "alpine" ? "-alpine" : ""}", "acme/haproxy:${series}${flavor == "alpine" ? "-alpine" : ""}"],
    series == LATEST ? ["acme/haproxy:${flavor == "alpine" ? "alpine" : "latest"}"] : []
  ))
}
