# A delegate: set TICKETGATE_MANAGER, TICKETGATE_TOKEN, TICKETGATE_NAME and TICKETGATE_TAGS.
#   docker build -f docker/delegate.Dockerfile -t ticketgate-delegate .
FROM node:24-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY bin bin
COPY cli cli
COPY delegate delegate
COPY manager manager
COPY protocol protocol
COPY runtime runtime
COPY simulator simulator
RUN install -d -o node -g node -m 700 /data
USER node
ENV NODE_ENV=production TICKETGATE_DATA=/data
VOLUME /data
# Healthy while the process that holds the data directory lives. That a manager has welcomed it is told by the manager:
# ticketgate delegates.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "process.kill(JSON.parse(require('fs').readFileSync(process.env.TICKETGATE_DATA + '/delegate.lock')).pid, 0)"]
ENTRYPOINT ["node", "bin/ticketgate.js"]
CMD ["delegate"]
