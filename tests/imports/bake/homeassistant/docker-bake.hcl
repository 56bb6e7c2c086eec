variable "ADDONS" {
  default = {
    mosquitto = { version = "6.5.1", arch = ["amd64", "aarch64", "armv7"] }
    mariadb   = { version = "2.7.2", arch = ["amd64", "aarch64"] }
    samba     = { version = "12.5.1", arch = ["amd64", "aarch64", "armv7"] }
  }
}

variable "BASE_VERSION" {
  default = "8.0.2"
}

function "platform" {
  params = [arch]
  result = lookup({ amd64 = "linux/amd64", aarch64 = "linux/arm64", armv7 = "linux/arm/v7" }, arch, "linux/${arch}")
}

group "default" {
  targets = [for n in keys(ADDONS) : n]
}

group "armv7" {
  targets = [for n, a in ADDONS : n if contains(a.arch, "armv7")]
}

target "addon" {
  name = item
  matrix = {
    item = keys(ADDONS)
  }
  context   = "./${item}"
  platforms = [for a in ADDONS[item].arch : platform(a)]
  args = {
    BUILD_VERSION = ADDONS[item].version
    BASE_VERSION  = BASE_VERSION
  }
  tags = [
    "ghcr.io/acme/addon-${item}:${ADDONS[item].version}",
    "ghcr.io/acme/addon-${item}:latest",
  ]
  labels = {
    "io.hass.name"    = title(item)
    "io.hass.version" = ADDONS[item].version
    "io.hass.arch"    = join("|", ADDONS[item].arch)
  }
}
