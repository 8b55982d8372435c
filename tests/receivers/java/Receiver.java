import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The receiver on the JDK's own HttpServer, without any library. */
public final class Receiver {
    private static final int LIMIT = 8_000_000;
    private static final Map<String, String> HEADERS =
            Map.of("luciq", "x-lcq-signature-256", "instabug", "x-ibg-signature-256");
    private static final Map<String, List<String>> IDENTITY = Map.of(
            "luciq", List.of("URL", "url"), "instabug", List.of("URL", "url"),
            "backtrace", List.of("fingerprint", "object_id"), "bugsplat", List.of("id", "stackKeyId"),
            "betterbugs", List.of("bugId"));

    private final Map<String, String> options;
    private final String vendor;
    private final String secret;
    private final Map<String, String[]> records = new LinkedHashMap<>();

    private Receiver(Map<String, String> options) throws IOException {
        this.options = options;
        this.vendor = options.get("vendor");
        this.secret = options.getOrDefault("secret", "").strip();
        if (HEADERS.containsKey(vendor) && secret.isEmpty()) {
            System.err.println("a secret is needed");
            System.exit(1);
        }
        if (options.containsKey("db") && Files.exists(Path.of(options.get("db")))) {
            for (String line : Files.readAllLines(Path.of(options.get("db")))) {
                String[] parts = line.split(" ");
                records.put(text(parts[0]), new String[] {text(parts[1]), text(parts[2])});
            }
        }
    }

    public static void main(String[] arguments) throws IOException {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i].substring(2), arguments[i + 1]);
        }
        Receiver receiver = new Receiver(options);
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", Integer.parseInt(options.get("port")));
        HttpServer server = HttpServer.create(address, 128);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/hook", receiver::hook);
        server.createContext("/events", exchange -> answer(exchange, 200, receiver.events()));
        server.start();
    }

    private void hook(HttpExchange exchange) throws IOException {
        String length = exchange.getRequestHeaders().getFirst("Content-Length");
        if (length != null && Long.parseLong(length) > LIMIT) {
            exchange.getResponseHeaders().add("Connection", "close");
            exchange.sendResponseHeaders(413, -1);
            return; // not closed: closing would read the body to its end
        }
        byte[] body;
        try (InputStream stream = exchange.getRequestBody()) {
            body = stream.readNBytes(LIMIT + 1);
        }
        int status;
        try {
            status = body.length > LIMIT ? 413 : decide(exchange, body);
        } catch (Exception | StackOverflowError error) {
            status = 400;
        }
        answer(exchange, status, "{}");
    }

    private int decide(HttpExchange exchange, byte[] body) throws Exception {
        if (!exchange.getRequestMethod().equals("POST")) {
            return 405;
        }
        if (!authentic(exchange, body)) {
            return 401;
        }
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        String kind = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase();
        boolean form = kind.equals("application/x-www-form-urlencoded") || kind.equals("multipart/form-data");
        Map<String, String> members = form
                ? (kind.startsWith("multipart") ? multipart(type, body) : urlencoded(body))
                : new Members(decoded(body)).read();
        if (!members.isEmpty()) {
            store(members, form ? String.join("\n", members.values()) : new String(body, StandardCharsets.UTF_8));
        }
        return 200;
    }

    private boolean authentic(HttpExchange exchange, byte[] body) throws Exception {
        String name = HEADERS.get(vendor);
        if (name != null) {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            List<String> values = exchange.getRequestHeaders().getOrDefault(name, List.of());
            if (values.size() != 1 || !same(values.get(0), HexFormat.of().formatHex(mac.doFinal(body)))) {
                return false;
            }
        }
        String basic = options.getOrDefault("basic", "");
        String given = exchange.getRequestHeaders().getFirst("Authorization");
        String expected = "Basic " + Base64.getEncoder().encodeToString(basic.getBytes(StandardCharsets.UTF_8));
        return basic.isEmpty() || (given != null && same(given, expected));
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private synchronized void store(Map<String, String> members, String raw) throws Exception {
        List<String> identity = new ArrayList<>();
        for (String name : IDENTITY.get(vendor)) {
            if (members.containsKey(name)) {
                identity.add(members.get(name));
            }
        }
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(raw.getBytes(StandardCharsets.UTF_8));
        String key = identity.isEmpty() ? HexFormat.of().formatHex(digest) : String.join("\n", identity);
        String updated = members.getOrDefault("updatedAt", "");
        String[] old = records.get(key);
        if (old != null && old[0].compareTo(updated) >= 0) {
            return;
        }
        if (options.containsKey("db")) {
            String line = coded(key) + " " + coded(updated) + " " + coded(raw) + "\n";
            Files.writeString(Path.of(options.get("db")), line,
                    StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.DSYNC);
        }
        records.put(key, new String[] {updated, raw});
    }

    private synchronized String events() {
        StringBuilder out = new StringBuilder("[");
        for (String[] record : records.values()) {
            out.append(out.length() > 1 ? "," : "").append(quoted(record[1]));
        }
        return out.append("]").toString();
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20 || Character.isSurrogate(c)) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    private static String coded(String text) {
        return "x" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(String coded) {
        return new String(Base64.getDecoder().decode(coded.substring(1)), StandardCharsets.UTF_8);
    }

    private static String decoded(byte[] body) throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    }

    private static Map<String, String> urlencoded(byte[] body) {
        Map<String, String> members = new LinkedHashMap<>();
        for (String pair : new String(body, StandardCharsets.UTF_8).split("&")) {
            String[] parts = pair.split("=", 2);
            if (parts.length == 2) {
                members.put(URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                        URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }
        return members;
    }

    private static Map<String, String> multipart(String type, byte[] body) {
        Matcher boundary = Pattern.compile("boundary=\"?([^\";]+)").matcher(type);
        String[] parts = boundary.find()
                ? new String(body, StandardCharsets.UTF_8).split(Pattern.quote("--" + boundary.group(1)))
                : new String[0];
        if (parts.length < 3 || parts.length > 1000) {
            throw new IllegalArgumentException("not a form");
        }
        Map<String, String> members = new LinkedHashMap<>();
        for (int i = 1; i < parts.length - 1; i++) {
            Matcher part = Pattern.compile("name=\"([^\"]*)\".*?\r\n\r\n(.*)\r\n$", Pattern.DOTALL).matcher(parts[i]);
            if (part.find()) {
                members.put(part.group(1), part.group(2));
            }
        }
        return members;
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    /** Reads the top-level members of a JSON object: texts as text, everything else as it is written. */
    private static final class Members {
        private final String json;
        private int at;

        Members(String json) {
            this.json = json;
        }

        Map<String, String> read() {
            Map<String, String> members = new LinkedHashMap<>();
            expect('{');
            if (peek() == '}') {
                at++;
            } else {
                do {
                    String name = string();
                    expect(':');
                    members.put(name, value(0));
                } while (next() == ',');
            }
            blanks();
            if (at != json.length()) {
                throw new IllegalArgumentException("more than one document");
            }
            return members;
        }

        private String value(int depth) {
            if (depth > 500) {
                throw new IllegalArgumentException("nested too deeply");
            }
            char first = peek();
            int start = at;
            if (first == '"') {
                return string();
            }
            if (first == '{' || first == '[') {
                char last = first == '{' ? '}' : ']';
                at++;
                if (peek() == last) {
                    at++;
                    return json.substring(start, at);
                }
                char end;
                do {
                    if (first == '{') {
                        string();
                        expect(':');
                    }
                    value(depth + 1);
                    end = next();
                } while (end == ',');
                if (end != last) {
                    throw new IllegalArgumentException("not closed");
                }
                return json.substring(start, at);
            }
            while (at < json.length() && ",]} \t\r\n".indexOf(json.charAt(at)) < 0) {
                at++;
            }
            String token = json.substring(start, at);
            if (!token.matches("true|false|null|-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?")) {
                throw new IllegalArgumentException(token);
            }
            return token;
        }

        private String string() {
            expect('"');
            StringBuilder out = new StringBuilder();
            while (json.charAt(at) != '"') {
                char c = json.charAt(at++);
                if (c != '\\') {
                    out.append(c);
                    continue;
                }
                char escaped = json.charAt(at++);
                if (escaped == 'u') {
                    out.append((char) Integer.parseInt(json.substring(at, at + 4), 16));
                    at += 4;
                } else {
                    int known = "bfnrt\"\\/".indexOf(escaped);
                    out.append("\b\f\n\r\t\"\\/".charAt(known));
                }
            }
            at++;
            return out.toString();
        }

        private void blanks() {
            while (at < json.length() && " \t\r\n".indexOf(json.charAt(at)) >= 0) {
                at++;
            }
        }

        private char peek() {
            blanks();
            return json.charAt(at);
        }

        private char next() {
            char c = peek();
            at++;
            return c;
        }

        private void expect(char wanted) {
            if (next() != wanted) {
                throw new IllegalArgumentException("expected " + wanted);
            }
        }
    }
}
