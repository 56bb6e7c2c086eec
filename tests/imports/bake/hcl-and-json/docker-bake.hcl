# The targets are in docker-bake.json, which a script makes; bake reads both.
variable "REGISTRY" {
  default = "acme"
}

# "-rc" for a candidate
variable "TAG_SUFFIX" {
  default = ""
}

# "-<commit>" in cloud builds; else the tag is there twice
variable "SHA_SUFFIX" {
  default = ""
}

target "_base" {
  context = "."
}
