variable "REPO"   { default = "registry.gitlab.example/infra/agent" }
variable "BRANCH" { default = "main" }
variable "CI_COMMIT_SHORT_SHA" {}

variable "WINDOWS_VERSION_OVERRIDE" {
  default = ""
}

function "windows_versions" {
  params = []
  result = (notequal(WINDOWS_VERSION_OVERRIDE, "")
    ? [WINDOWS_VERSION_OVERRIDE]
  : ["ltsc2022", "ltsc2025"])
}

function "branch_tag" {
  params = [suffix]
  result = BRANCH == "main" ? "latest${suffix}" : "${sanitize(BRANCH)}${suffix}"
}

group "default" {
  targets = ["linux", "nanoserver"]
}

// one image for each architecture; CI joins them with imagetools
target "linux" {
  name = "linux-${replace(replace(p, "linux/", ""), "/", "")}"
  matrix = {
    p = ["linux/amd64", "linux/arm64", "linux/arm/v7"]
  }
  context    = "."
  dockerfile = "linux/Dockerfile"
  platforms  = [p]
  tags       = ["${REPO}:${branch_tag("-${replace(trimprefix(p, "linux/"), "/", "")}")}"]
}

target "nanoserver" {
  name = "nanoserver-${w}"
  matrix = {
    w = windows_versions()
  }
  context    = "."
  dockerfile = "windows/Dockerfile"
  args = {
    WINDOWS_VERSION_TAG = w
    TOOLS_VERSION       = { ltsc2022 = "10.0.20348", ltsc2025 = "10.0.26100" }[w]
  }
  platforms = ["windows/amd64"]
  tags      = compact(["${REPO}:${branch_tag("-nanoserver-${w}")}", CI_COMMIT_SHORT_SHA != "" ? "${REPO}:${CI_COMMIT_SHORT_SHA}-nanoserver-${w}" : ""])
}

// runs on the machine at hand, publishes nothing
target "smoke" {
  dockerfile = "linux/Dockerfile"
  platforms  = [BAKE_LOCAL_PLATFORM]
  output     = ["type=cacheonly"]
}

// from a tag of another repository
target "upstream" {
  context = "https://github.com/acme/agent-plugins.git#v1.2.0"
  tags    = ["${REPO}-plugins:1.2.0"]
}
