variable "GITHUB_SHA" { default = "" }
variable "GITHUB_REF_NAME" { default = "main" }
variable "VERSION" { default = "" }
target "app" {
  tags = [
    "ghcr.io/acme/app:latest",
    notequal("", VERSION) ? "ghcr.io/acme/app:${VERSION}" : "",
    notequal("", GITHUB_SHA) ? "ghcr.io/acme/app:sha-${substr(GITHUB_SHA, 0, 7)}" : "",
    GITHUB_REF_NAME == "main" ? "ghcr.io/acme/app:edge" : "ghcr.io/acme/app:${replace(GITHUB_REF_NAME, "/", "-")}",
  ]
}
