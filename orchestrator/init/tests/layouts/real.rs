//! Layouts of real repositories: their images, tags and edges come over whole.

use super::{Layout, check, check_in};

#[test]
fn layouts_of_real_repositories_come_over_whole() {
    // Jupyter's stacks.
    check(
        "images/docker-stacks-foundation/Dockerfile ARG ROOT_IMAGE=ubuntu:24.04; FROM $ROOT_IMAGE
         images/base-notebook/Dockerfile ARG REGISTRY=quay.io; ARG OWNER=jupyter; ARG BASE_IMAGE=$REGISTRY/$OWNER/docker-stacks-foundation; FROM $BASE_IMAGE
         images/pytorch-notebook/Dockerfile ARG REGISTRY=quay.io; ARG OWNER=jupyter; ARG BASE_IMAGE=$REGISTRY/$OWNER/base-notebook; FROM $BASE_IMAGE
         images/pytorch-notebook/cuda12/Dockerfile ARG REGISTRY=quay.io; ARG OWNER=jupyter; ARG BASE_IMAGE=$REGISTRY/$OWNER/base-notebook; FROM $BASE_IMAGE",
        "docker-stacks-foundation:latest\nbase-notebook:latest <- docker-stacks-foundation:latest
         pytorch-notebook:latest <- base-notebook:latest\npytorch-notebook:cuda12 <- base-notebook:latest",
    );
    // A CircleCI convenience image: releases of the version that the folder is.
    check(
        "1.20/Dockerfile FROM cimg/base:2024.01\n1.20/node/Dockerfile FROM cimg/go:1.20.14\n1.20/browsers/Dockerfile FROM cimg/go:1.20.14-node
         1.21/Dockerfile FROM cimg/base:2024.01\n1.21/node/Dockerfile FROM cimg/go:1.21.6",
        "go:1.20 = go:1.20.14\ngo:1.20-node = go:1.20.14-node <- go:1.20\ngo:1.20-browsers <- go:1.20-node
         go:1.21 = go:1.21.6\ngo:1.21-node <- go:1.21\n! `go:1.20` as `1.20.14`",
    );
    // nginx-unprivileged: channels, and releases as tags.
    check_in(
        &Layout { name: "nginx-unprivileged", registry: None, files: "stable/alpine-slim/Dockerfile FROM alpine:3.22\nstable/alpine/Dockerfile ARG IMAGE=nginxinc/nginx-unprivileged:1.28.0-alpine-slim; FROM $IMAGE
            mainline/alpine-slim/Dockerfile FROM alpine:3.22\nmainline/alpine/Dockerfile ARG IMAGE=nginxinc/nginx-unprivileged:1.29.1-alpine-slim; FROM $IMAGE\nmainline/debian/Dockerfile" },
        "nginx-unprivileged:stable-alpine-slim = nginx-unprivileged:1.28.0-alpine-slim\nnginx-unprivileged:stable-alpine <- nginx-unprivileged:stable-alpine-slim
         nginx-unprivileged:mainline-alpine-slim = nginx-unprivileged:1.29.1-alpine-slim\nnginx-unprivileged:mainline-alpine <- nginx-unprivileged:mainline-alpine-slim\nnginx-unprivileged:mainline-debian",
    );
    // PHP as Docker's official images have it.
    check_in(
        &Layout {
            name: "php",
            registry: None,
            files: "8.3/bookworm/apache/Dockerfile\n8.3/bookworm/cli/Dockerfile\n8.3/alpine3.22/cli/Dockerfile\n8.4/bookworm/apache/Dockerfile\n8.4/bookworm/cli/Dockerfile\n8.4/alpine3.22/cli/Dockerfile",
        },
        "php:8.3-bookworm-apache\nphp:8.3-bookworm-cli\nphp:8.3-alpine3.22-cli\nphp:8.4-bookworm-apache\nphp:8.4-bookworm-cli\nphp:8.4-alpine3.22-cli",
    );
    // ROS: words of the path in another order.
    check(
        "ros/noetic/ubuntu/focal/ros-core/Dockerfile FROM ubuntu:focal\nros/noetic/ubuntu/focal/ros-base/Dockerfile FROM ros:noetic-ros-core-focal
         ros/noetic/ubuntu/focal/robot/Dockerfile FROM ros:noetic-ros-base-focal",
        "ros:noetic-ubuntu-focal-ros-core\nros:noetic-ubuntu-focal-ros-base <- ros:noetic-ubuntu-focal-ros-core
         ros:noetic-ubuntu-focal-robot <- ros:noetic-ubuntu-focal-ros-base",
    );
    // The same, under two names, with one path whose words are all in another.
    check(
        "ros/humble/ubuntu/jammy/ros-core/Dockerfile FROM ubuntu:jammy
         ros/humble/ubuntu/jammy/ros-base/Dockerfile FROM ros:humble-ros-core-jammy
         ros/humble/ubuntu/jammy/desktop/Dockerfile FROM ros:humble-ros-base-jammy
         ros/humble/ubuntu/jammy/desktop-full/Dockerfile FROM osrf/ros:humble-desktop-jammy",
        "ros:humble-ubuntu-jammy-ros-core\nros:humble-ubuntu-jammy-ros-base <- ros:humble-ubuntu-jammy-ros-core
         ros:humble-ubuntu-jammy-desktop = ros:humble-desktop-jammy <- ros:humble-ubuntu-jammy-ros-base
         ros:humble-ubuntu-jammy-desktop-full <- ros:humble-ubuntu-jammy-desktop",
    );
    // Docker's official images: names of the folder above, of distributions, of releases.
    check_in(
        &Layout {
            name: "rabbitmq",
            registry: None,
            files: "4.1/ubuntu/Dockerfile FROM ubuntu:24.04\n4.1/ubuntu/management/Dockerfile FROM rabbitmq:4.1
                4.1/alpine/Dockerfile FROM alpine:3.22\n4.1/alpine/management/Dockerfile FROM rabbitmq:4.1-alpine",
        },
        "rabbitmq:4.1-ubuntu\nrabbitmq:4.1-ubuntu-management <- rabbitmq:4.1-ubuntu
         rabbitmq:4.1-alpine\nrabbitmq:4.1-alpine-management <- rabbitmq:4.1-alpine",
    );
    check_in(
        &Layout {
            name: "buildpack-deps",
            registry: None,
            files: "debian/trixie/curl/Dockerfile\ndebian/trixie/scm/Dockerfile FROM buildpack-deps:trixie-curl
                debian/trixie/Dockerfile FROM buildpack-deps:trixie-scm\nubuntu/noble/curl/Dockerfile
                ubuntu/noble/scm/Dockerfile FROM buildpack-deps:noble-curl",
        },
        "buildpack-deps:debian-trixie-curl\nbuildpack-deps:debian-trixie-scm <- buildpack-deps:debian-trixie-curl
         buildpack-deps:debian-trixie <- buildpack-deps:debian-trixie-scm\nbuildpack-deps:ubuntu-noble-curl
         buildpack-deps:ubuntu-noble-scm <- buildpack-deps:ubuntu-noble-curl",
    );
    check_in(
        &Layout {
            name: "tomcat",
            registry: None,
            files: "10.1/jdk21/temurin-noble/Dockerfile\n10.1/jre21/temurin-noble/Dockerfile FROM debian:13; COPY --from=tomcat:10.1.44-jdk21-temurin-noble",
        },
        "tomcat:10.1-jdk21-temurin-noble\ntomcat:10.1-jre21-temurin-noble <- tomcat:10.1-jdk21-temurin-noble",
    );
    // A version with a distribution in one folder.
    check(
        "1.24/Dockerfile FROM cimg/base:2025.01\n1.24/node/Dockerfile FROM cimg/go:1.24.1
         1.24-ubuntu22/Dockerfile FROM cimg/base:2025.01-22.04\n1.24-ubuntu22/node/Dockerfile FROM cimg/go:1.24.1-ubuntu22",
        "go:1.24 = go:1.24.1\ngo:1.24-node <- go:1.24\ngo:1.24-ubuntu22 = go:1.24.1-ubuntu22\ngo:1.24-ubuntu22-node <- go:1.24-ubuntu22",
    );
    // Rocker, with the newest build of each image.
    check(
        "dockerfiles/r-ver_4.5.1.Dockerfile FROM ubuntu:noble\ndockerfiles/r-ver_devel.Dockerfile FROM ubuntu:noble
         dockerfiles/rstudio_4.5.1.Dockerfile FROM rocker/r-ver:4.5.1\ndockerfiles/rstudio_devel.Dockerfile FROM rocker/r-ver:devel
         dockerfiles/verse_latest-daily.Dockerfile FROM rocker/rstudio:devel\ndockerfiles/verse_4.5.1.Dockerfile FROM rocker/rstudio:4.5.1",
        "r-ver:4.5.1\nr-ver:devel\nrstudio:4.5.1 <- r-ver:4.5.1\nrstudio:devel <- r-ver:devel
         verse:latest-daily <- rstudio:devel\nverse:4.5.1 <- rstudio:4.5.1",
    );
    // A monorepo.
    check(
        "docker/base/Dockerfile\nservices/api/Dockerfile FROM ghcr.io/acme/base:latest\nservices/web/Dockerfile FROM ghcr.io/acme/base:latest; COPY --from=ghcr.io/acme/api
         tools/lint/Dockerfile FROM ghcr.io/acme/base:latest",
        "base:latest\napi:latest <- base:latest\nweb:latest <- base:latest api:latest\nlint:latest <- base:latest",
    );
    // Development containers.
    check(
        "src/base-debian/.devcontainer/Dockerfile\nsrc/ruby/.devcontainer/Dockerfile ARG VARIANT=3.4; FROM ruby:${VARIANT}
         src/javascript-node/.devcontainer/Dockerfile FROM node:22
         src/jekyll/.devcontainer/Dockerfile ARG VARIANT=3-bookworm; FROM mcr.microsoft.com/devcontainers/ruby:${VARIANT}
         src/typescript-node/.devcontainer/Dockerfile ARG VARIANT=22; FROM mcr.microsoft.com/devcontainers/javascript-node:${VARIANT}",
        "base-debian:latest\nruby:3-bookworm\njavascript-node:22\njekyll:latest <- ruby:3-bookworm\ntypescript-node:latest <- javascript-node:22",
    );
    // Kolla: an image below a folder of its project.
    check(
        "docker/base/Dockerfile\ndocker/openstack-base/Dockerfile FROM kolla/base:master\ndocker/nova/nova-base/Dockerfile FROM kolla/openstack-base:master
         docker/nova/nova-api/Dockerfile FROM kolla/nova-base:master\ndocker/glance/glance-api/Dockerfile FROM kolla/openstack-base:master",
        "base:master\nopenstack-base:master <- base:master\nnova-base:master <- openstack-base:master\nnova-api:latest <- nova-base:master\nglance-api:latest <- openstack-base:master",
    );
    // linuxserver: one image for two machines.
    check_in(
        &Layout {
            name: "docker-nginx",
            registry: None,
            files: "Dockerfile FROM ghcr.io/linuxserver/baseimage-alpine-nginx:3.22\nDockerfile.aarch64 FROM ghcr.io/linuxserver/baseimage-alpine-nginx:arm64v8-3.22",
        },
        "docker-nginx:latest\ndocker-nginx:latest",
    );
    // Images for CI of a forge, all in one folder.
    check(
        "Dockerfile.base\nDockerfile.ruby-3.3 FROM registry.gitlab.com/acme/base:latest\nDockerfile.ruby-3.4 FROM registry.gitlab.com/acme/base:latest
         Dockerfile.e2e FROM registry.gitlab.com/acme/ruby:3.4",
        "base:latest\nruby:3.3 <- base:latest\nruby:3.4 <- base:latest\ne2e:latest <- ruby:3.4",
    );
    // Pangeo.
    check(
        "base-image/Dockerfile FROM ubuntu:22.04; ONBUILD RUN true\nbase-notebook/Dockerfile ARG PANGEO_BASE_IMAGE_TAG=master; FROM pangeo/base-image:${PANGEO_BASE_IMAGE_TAG}
         pytorch-notebook/Dockerfile ARG PANGEO_BASE_IMAGE_TAG=master; FROM pangeo/base-image:${PANGEO_BASE_IMAGE_TAG}",
        "base-image:master\nbase-notebook:latest <- base-image:master\npytorch-notebook:latest <- base-image:master",
    );
}
