variable "V" { default = "2.0.0" }
target "server" {
  name = "server-${item.name}"
  matrix = { item = [
    { name = "default", file = "Dockerfile", suffix = "", build = "release" },
    { name = "debug", file = "Dockerfile", suffix = "-debug", build = "debug" },
    { name = "alpine", file = "Dockerfile.alpine", suffix = "-alpine", build = "release" },
  ] }
  dockerfile = item.file
  args = { BUILD = item.build, VERSION = V }
  target = item.build
  tags = ["acme/server:${V}${item.suffix}", "acme/server:${join(".", slice(split(".", V), 0, 2))}${item.suffix}", item.suffix == "" ? "acme/server:latest" : "acme/server:${item.name}"]
}
