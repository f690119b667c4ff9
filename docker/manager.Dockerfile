# A manager against a Redis of yours: set TICKETGATE_REDIS_URL and TICKETGATE_MASTER_KEY.
#   docker build -f docker/manager.Dockerfile -t ticketgate-manager .
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
ENV NODE_ENV=production TICKETGATE_HOST=0.0.0.0 TICKETGATE_PORT=7420 TICKETGATE_DATA=/data
VOLUME /data
EXPOSE 7420
# Ready when Redis answers.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.TICKETGATE_PORT + '/ready').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/ticketgate.js"]
CMD ["manager"]
