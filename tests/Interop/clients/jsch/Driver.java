import com.jcraft.jsch.Channel;
import com.jcraft.jsch.ChannelExec;
import com.jcraft.jsch.ChannelSftp;
import com.jcraft.jsch.ChannelShell;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.Session;
import com.jcraft.jsch.UserInfo;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes JSch, and with it what Java's tools do, through the scenarios. */
public final class Driver {
    private static String settings;
    private static final StringBuilder banner = new StringBuilder();

    public static void main(String[] arguments) throws Exception {
        settings = Files.readString(Path.of(arguments[0]));
        Map<String, Object> report = switch (arguments[1]) {
            case "exec" -> with(s -> run(s, "echo out; echo err >&2; exit 7", "", Map.of()));
            case "signal" -> with(s -> run(s, "kill -TERM $$", "", Map.of()));
            case "sendsignal" -> with(Driver::sendSignal);
            case "environment" -> with(s -> run(s, "echo $LANG", "", Map.of("LANG", "de_DE.UTF-8")));
            case "terminal" -> with(Driver::terminal);
            case "transfer" -> with(Driver::transfer);
            case "rekey" -> with(Driver::rekey);
            case "files" -> with(Driver::files);
            case "tunnel" -> with(Driver::tunnel);
            case "remote" -> with(Driver::remote);
            case "agent" -> with(Driver::agent);
            case "sessions" -> with(Driver::sessions);
            case "keepalive" -> with(Driver::keepAlive);
            case "refusal" -> refused(setting("nobody"), setting("knownHosts"));
            case "wronghost" -> refused(setting("user"), setting("wrongHosts"));
            default -> throw new IllegalArgumentException(arguments[1]);
        };
        System.out.println(json(report));
        System.exit(0); // JSch leaves threads behind.
    }

    private interface Action {
        Map<String, Object> run(Session session) throws Exception;
    }

    private static Map<String, Object> with(Action action) throws Exception {
        Session session = connect(setting("user"), setting("knownHosts"));
        try {
            return action.run(session);
        } finally {
            session.disconnect();
        }
    }

    private static Session connect(String user, String hosts) throws Exception {
        JSch jsch = new JSch();
        jsch.addIdentity(setting("ecdsaKey"));
        jsch.setKnownHosts(hosts);
        Session session = jsch.getSession(user, setting("host"), Integer.parseInt(setting("port")));
        session.setConfig("StrictHostKeyChecking", "yes");
        session.setConfig("PreferredAuthentications", "publickey");
        session.setUserInfo(new Listener());
        session.connect(30_000);

        // JSch wipes the private number of an ECDSA key with its first signature, if the highest bit is clear: half of all
        // keys sign once. As an agent it needs another one.
        jsch.removeAllIdentity();
        jsch.addIdentity(setting("ecdsaKey"));
        return session;
    }

    private static final class Listener implements UserInfo {
        @Override public String getPassphrase() { return null; }
        @Override public String getPassword() { return null; }
        @Override public boolean promptPassword(String message) { return false; }
        @Override public boolean promptPassphrase(String message) { return false; }
        @Override public boolean promptYesNo(String message) { return false; }
        @Override public void showMessage(String message) { banner.append(message); }
    }

    private static Map<String, Object> run(Session session, String command, String input, Map<String, String> environment) throws Exception {
        return run(session, command, input, environment, false);
    }

    private static Map<String, Object> run(
            Session session, String command, String input, Map<String, String> environment, boolean isAgent) throws Exception {
        ChannelExec channel = (ChannelExec) session.openChannel("exec");
        channel.setCommand(command);
        channel.setAgentForwarding(isAgent);
        environment.forEach(channel::setEnv);
        channel.setInputStream(new java.io.ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        channel.setErrStream(errors);
        InputStream output = channel.getInputStream();
        channel.connect(30_000);
        String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
        awaitEnd(channel);
        return report("status", channel.getExitStatus(), "stdout", text, "stderr", errors.toString(StandardCharsets.UTF_8));
    }

    // JSch has no event for it; its own examples ask again, too.
    private static void awaitEnd(Channel channel) throws InterruptedException {
        while (!channel.isClosed()) {
            Thread.sleep(5);
        }
    }

    private static Map<String, Object> sendSignal(Session session) throws Exception {
        ChannelExec channel = (ChannelExec) session.openChannel("exec");
        channel.setCommand("trap 'echo caught; exit 9' USR1; echo ready; while :; do sleep 0.05; done");
        InputStream output = channel.getInputStream();
        channel.connect(30_000);
        output.readNBytes("ready\n".length());
        channel.sendSignal("USR1");
        String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
        awaitEnd(channel);
        return report("status", channel.getExitStatus(), "stdout", text, "stderr", "");
    }

    private static Map<String, Object> terminal(Session session) throws Exception {
        ChannelShell channel = (ChannelShell) session.openChannel("shell");
        channel.setPtyType("xterm", 100, 40, 0, 0);
        InputStream output = channel.getInputStream();
        OutputStream input = channel.getOutputStream();
        channel.connect(30_000);
        StringBuilder seen = new StringBuilder();
        say(input, "stty size; echo rea'dy'1\n");
        String initial = waitFor(output, seen, "(\\d+ \\d+)\\s+ready1");
        channel.setPtySize(120, 50, 0, 0);
        say(input, "until [ \"$(stty size)\" != '40 100' ]; do sleep 0.05; done; stty size; echo rea'dy'2\n");
        String resized = waitFor(output, seen, "(\\d+ \\d+)\\s+ready2");
        // The child says that it is there: a shell that is interrupted before it gave the terminal away would wait for it.
        say(input, "sh -c 'echo start\"\"ed; exec sleep 300'\n");
        waitFor(output, seen, "(started)");
        say(input, "\u0003");
        waitFor(output, seen, "(\\^C)");
        say(input, "echo interrup'ted'=$?\n");
        int interrupted = Integer.parseInt(waitFor(output, seen, "interrupted=(\\d+)"));
        say(input, "exit 5\n");
        output.readAllBytes();
        awaitEnd(channel);
        return report("initial", initial, "resized", resized, "interrupted", interrupted, "status", channel.getExitStatus());
    }

    private static void say(OutputStream input, String text) throws Exception {
        input.write(text.getBytes(StandardCharsets.UTF_8));
        input.flush();
    }

    private static String waitFor(InputStream output, StringBuilder seen, String pattern) throws Exception {
        byte[] buffer = new byte[4096];
        while (true) {
            Matcher matcher = Pattern.compile(pattern).matcher(seen);
            if (matcher.find()) {
                String group = matcher.group(1);
                seen.delete(0, matcher.end());
                return group;
            }
            int count = output.read(buffer);
            if (count < 0) {
                throw new IllegalStateException("the session ended before " + pattern + ": " + seen);
            }
            seen.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
        }
    }

    /** A file to cat and back at once. */
    private static Map<String, Object> transfer(Session session) throws Exception {
        ChannelExec channel = (ChannelExec) session.openChannel("exec");
        channel.setCommand("cat");
        channel.setInputStream(Files.newInputStream(Path.of(setting("large"))));
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream output = new DigestInputStream(channel.getInputStream(), digest)) {
            channel.connect(30_000);
            output.transferTo(OutputStream.nullOutputStream());
        }
        awaitEnd(channel);
        return report("status", channel.getExitStatus(), "sha256", HexFormat.of().formatHex(digest.digest()));
    }

    /**
     * Keys change three times while a file goes there. Nothing may come back meanwhile: this JSch stops for ever when it has
     * to give room for more data in the middle of a change of keys that it began.
     */
    private static Map<String, Object> rekey(Session session) throws Exception {
        long size = Files.size(Path.of(setting("small")));
        int[] rekeyed = {0};
        ChannelExec channel = (ChannelExec) session.openChannel("exec");
        channel.setCommand("sha256sum");
        channel.setInputStream(new java.io.FilterInputStream(Files.newInputStream(Path.of(setting("small")))) {
            private long sent;

            @Override public int read(byte[] buffer, int offset, int length) throws java.io.IOException {
                if (rekeyed[0] < 3 && sent > size * (rekeyed[0] + 1) / 5) {
                    rekeyed[0]++;
                    try {
                        session.rekey();
                    } catch (Exception exception) {
                        throw new java.io.IOException(exception);
                    }
                }
                int count = super.read(buffer, offset, length);
                sent += Math.max(count, 0);
                return count;
            }
        });
        InputStream output = channel.getInputStream();
        channel.connect(30_000);
        String hash = new String(output.readAllBytes(), StandardCharsets.US_ASCII).split(" ")[0];
        awaitEnd(channel);
        return report("status", channel.getExitStatus(), "sha256", hash, "rekeyed", rekeyed[0]);
    }

    private static Map<String, Object> files(Session session) throws Exception {
        String remote = "var/" + setting("name");
        String back = setting("folder") + "/back";
        ChannelSftp sftp = (ChannelSftp) session.openChannel("sftp");
        sftp.connect(30_000);
        sftp.put(setting("small"), remote);
        sftp.rename(remote, remote + ".moved");
        boolean isListed = false;
        for (Object entry : sftp.ls("var")) {
            isListed |= ((ChannelSftp.LsEntry) entry).getFilename().equals(setting("name") + ".moved");
        }
        if (!isListed) {
            throw new IllegalStateException("not listed");
        }
        sftp.get(remote + ".moved", back);
        sftp.rm(remote + ".moved");
        sftp.disconnect();
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(Path.of(back)));
        return report("sha256", report("sftp", HexFormat.of().formatHex(hash)));
    }

    /** What DBeaver does: a local port that leads to the database. */
    private static Map<String, Object> tunnel(Session session) throws Exception {
        int database = session.setPortForwardingL("127.0.0.1", 0, "database.internal", 5432);
        int cache = session.setPortForwardingL("127.0.0.1", 0, "cache.internal", 6379);
        int refused = session.setPortForwardingL("127.0.0.1", 0, "127.0.0.1", Integer.parseInt(setting("port")));
        String ping = "AUTH " + setting("redisPassword") + "\r\nPING\r\n";
        return report("database", talk(database, HexFormat.of().parseHex("0000000804d2162f"), 1),
            "cache", talk(cache, ping.getBytes(StandardCharsets.US_ASCII), 12),
            "refused", talk(refused, new byte[0], 1).isEmpty());
    }

    private static Map<String, Object> remote(Session session) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answer = new Thread(() -> {
                try (Socket stream = server.accept()) {
                    String line = new BufferedReader(new InputStreamReader(stream.getInputStream(), StandardCharsets.US_ASCII)).readLine();
                    stream.getOutputStream().write((line.toUpperCase(Locale.ROOT) + "\n").getBytes(StandardCharsets.US_ASCII));
                } catch (IOException exception) {
                    throw new UncheckedIOException(exception);
                }
            });
            answer.start();
            int port = freePort();
            session.setPortForwardingR("127.0.0.1", port, "127.0.0.1", server.getLocalPort());

            // JSch wakes who waits for the answer by an interrupt, which stays when the answer was there first.
            Thread.interrupted();
            Map<String, Object> report = run(session, setting("remoteCommand") + " " + port, "", Map.of());
            answer.join();
            return report;
        }
    }

    /** As Ports.Free of the tests: outside of the range out of which the kernel gives ports to whoever asks for any. */
    private static int freePort() {
        while (true) {
            int port = 10_000 + ThreadLocalRandom.current().nextInt(10_000);
            try (ServerSocket listener = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return listener.getLocalPort();
            } catch (IOException taken) {
                // The next one, then.
            }
        }
    }

    /** JSch is an agent itself, with the keys that it was given. */
    private static Map<String, Object> agent(Session session) throws Exception {
        return run(session, setting("agentCommand"), "", Map.of(), true);
    }

    private static String talk(int port, byte[] request, int count) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request);
            return new String(socket.getInputStream().readNBytes(count), StandardCharsets.US_ASCII);
        }
    }

    private static Map<String, Object> sessions(Session session) throws Exception {
        List<Map<String, Object>> results = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            int number = i;
            Map<String, Object> result = new LinkedHashMap<>();
            results.add(result);
            Thread thread = new Thread(() -> {
                try {
                    result.putAll(run(session, "read word; echo $word; exit " + number, "word" + number + "\n", Map.of()));
                } catch (Exception exception) {
                    throw new IllegalStateException(exception);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return report("connections", 1, "statuses", results.stream().map(r -> r.get("status")).toList(),
            "words", results.stream().map(r -> ((String) r.get("stdout")).strip()).toList());
    }

    private static Map<String, Object> keepAlive(Session session) throws Exception {
        session.setServerAliveInterval(1000);
        session.setServerAliveCountMax(1);
        return run(session, "sleep 3; echo alive", "", Map.of());
    }

    private static Map<String, Object> refused(String user, String hosts) throws Exception {
        try {
            connect(user, hosts).disconnect();
            return report("status", 0, "stderr", "");
        } catch (JSchException exception) {
            return report("status", 1, "stdout", "", "stderr", banner + exception.getMessage());
        }
    }

    private static String setting(String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\": ?(?:\"([^\"]*)\"|(\\d+))").matcher(settings);
        if (!matcher.find()) {
            throw new IllegalArgumentException("no setting " + name);
        }
        return matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
    }

    private static Map<String, Object> report(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    private static String json(Object value) {
        if (value instanceof Map<?, ?> map) {
            return "{" + String.join(",", map.entrySet().stream().map(e -> json(e.getKey()) + ":" + json(e.getValue())).toList()) + "}";
        }
        if (value instanceof List<?> list) {
            return "[" + String.join(",", list.stream().map(Driver::json).toList()) + "]";
        }
        if (value instanceof String text) {
            StringBuilder quoted = new StringBuilder("\"");
            for (char c : text.toCharArray()) {
                quoted.append(c < ' ' || c == '"' || c == '\\' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
            }
            return quoted.append('"').toString();
        }
        return String.valueOf(value);
    }
}
