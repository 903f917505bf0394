#!/usr/bin/env node
// Written so that any Node can parse it: nothing is loaded before the version is known. In a checkout, an
// older Node hands over to the one that npm pinned; the open pipe (fd 3) between the two ends the child when
// this process is killed without a chance to say so.
'use strict'
var root = __dirname + '/..'
if (parseInt(process.versions.node, 10) >= 24) run()
else handOver()

function run() {
  var isChild = process.env.SIGNALBOX_GUARD_PIPE === '3'
  delete process.env.SIGNALBOX_GUARD_PIPE
  if (isChild) {
    var pipe = new (require('node:net').Socket)({ fd: 3, readable: true, writable: false })
    pipe.on('error', ignore).on('close', terminate).resume().unref()
  }
  if (process.env.npm_lifecycle_event !== undefined) watchParent()
  var fs = require('node:fs')
  var source = root + '/src/main.ts'
  // Half of a start from sources is compiling them: what was compiled once is kept beside them, where only who may change
  // them can write.
  if (fs.existsSync(source)) {
    var loader = require('node:module')
    loader.enableCompileCache(root + '/node_modules/.cache/signalbox')
    // Threads look for it here.
    process.env.NODE_COMPILE_CACHE = root + '/node_modules/.cache/signalbox'
    // A server may be killed rather than ended: it keeps what it has compiled when it is up.
    setTimeout(function () {
      loader.flushCompileCache()
    }, 3000).unref()
  }
  void import(
    require('node:url').pathToFileURL(fs.existsSync(source) ? source : root + '/dist/main.js')
  )
}

function handOver() {
  var fs = require('fs')
  var pinned = root + '/node_modules/node-' + process.platform + '-' + process.arch + '/bin/node'
  if (!fs.existsSync(root + '/src/main.ts') || !fs.existsSync(pinned)) return refuse()
  var child = require('child_process').spawn(
    pinned,
    process.execArgv.concat(process.argv.slice(1)),
    {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: Object.assign({}, process.env, { SIGNALBOX_GUARD_PIPE: '3' }),
    },
  )
  var signals = ['SIGTERM', 'SIGINT', 'SIGHUP']
  signals.forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal)
    })
  })
  child.stdio[3].on('error', ignore)
  child.on('exit', function (code, signal) {
    if (signal === null) return process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function refuse() {
  process.stderr.write(
    'signalbox needs Node 24 or newer, this is Node ' +
      process.versions.node +
      '\n' +
      'install it from https://nodejs.org, or with `nvm install 24` or `brew install node@24`\n' +
      (require('fs').existsSync(root + '/src/main.ts')
        ? 'in this checkout `npm ci` brings the right Node along on Linux\n'
        : 'or run it in a container of the image `node:24`\n'),
  )
  process.exitCode = 1
}

// npm and its shell do not pass on every signal: whoever stops `npm start` must not leave a server behind.
function watchParent() {
  var parent = process.ppid
  var timer = setInterval(function () {
    if (process.ppid === parent) return
    clearInterval(timer)
    terminate()
  }, 250)
  timer.unref()
}

function terminate() {
  process.kill(process.pid, 'SIGTERM')
}

function ignore() {}
