# The same static binary as `make`, alone in an empty image. Built by docker, podman or buildah.
# The base is only for building: any Debian-like image will do.
ARG DEBIAN_IMAGE=debian:bookworm-slim

FROM ${DEBIAN_IMAGE} AS build
WORKDIR /src
# The tools and the libraries change seldom: layers of their own.
COPY scripts/install-tools scripts/
RUN DEBIAN_FRONTEND=noninteractive sh scripts/install-tools build && rm -rf /var/lib/apt/lists/*
COPY Makefile VERSION deps.lock ./
COPY scripts/ scripts/
COPY third_party/ third_party/
RUN make build/deps/musl/.built
COPY src/ src/
COPY LICENSE ./
COPY docs/licenses/ docs/licenses/
COPY migrations/ migrations/
COPY queries/ queries/
RUN make && mkdir -p /rootfs/data && install -m 0555 build/thimble /rootfs/thimble

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="thimble" \
      org.opencontainers.image.description="REST over SQLite in one static binary" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /rootfs/thimble /thimble
COPY --from=build --chown=65532:65532 /rootfs/data /data
ENV THIMBLE_DB=/data/thimble.db \
    THIMBLE_LISTEN=:8080
USER 65532:65532
EXPOSE 8080/tcp
VOLUME ["/data"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s --retries=3 CMD ["/thimble", "healthcheck"]
ENTRYPOINT ["/thimble"]
