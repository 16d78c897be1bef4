# The static binary alone in an empty image. Built by docker, podman or buildah; `make image` does
# it and makes the result the same each time. The base is only for building: any Debian-like image
# will do. Where packages come from is its own affair.
ARG DEBIAN_IMAGE=debian:bookworm-slim

# On the builder's own kind of machine: for another one it compiles across. Some builders say what
# kind is asked for only if it is another.
FROM --platform=${BUILDPLATFORM:-linux/amd64} ${DEBIAN_IMAGE} AS build
ARG TARGETARCH
WORKDIR /src
# The tools and the libraries change seldom: layers of their own.
COPY scripts/install-tools scripts/
RUN DEBIAN_FRONTEND=noninteractive sh scripts/install-tools build ${TARGETARCH} && \
    rm -rf /var/lib/apt/lists/*
COPY Makefile VERSION deps.lock ./
COPY deploy/install.mk deploy/
COPY scripts/ scripts/
COPY third_party/ third_party/
RUN make ${TARGETARCH:-native}-libraries
COPY src/ src/
COPY LICENSE ./
COPY docs/licenses/ docs/licenses/
COPY migrations/ migrations/
COPY queries/ queries/
COPY access/ access/
RUN make ${TARGETARCH:-native} && \
    install -D -m 0555 build/${TARGETARCH:-native}/thimble /rootfs/thimble && \
    mkdir /rootfs/data /rootfs/etc && \
    echo 'thimble:x:65532:65532::/data:/thimble' > /rootfs/etc/passwd

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="thimble" \
      org.opencontainers.image.description="SQL tables as a JSON REST service in one static binary" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /rootfs/thimble /thimble
COPY --from=build /rootfs/etc/passwd /etc/passwd
COPY --from=build --chown=65532:65532 /rootfs/data /data
# A folder that an image made FROM this one, or a mount, puts there is served; else what is built in.
ENV THIMBLE_DB=/data/thimble.db \
    THIMBLE_LISTEN=:8080 \
    THIMBLE_MIGRATIONS=/migrations,builtin \
    THIMBLE_QUERIES=/queries,builtin \
    THIMBLE_ACCESS=/access,none
USER 65532:65532
EXPOSE 8080/tcp
VOLUME ["/data"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s --retries=3 CMD ["/thimble", "healthcheck"]
ENTRYPOINT ["/thimble"]
