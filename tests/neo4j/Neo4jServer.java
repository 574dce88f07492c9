import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.neo4j.cli.AdminTool;
import org.neo4j.cli.ExecutionContext;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/**
 * Neo4j Community as HOME/conf/neo4j.conf has it. Usage: Neo4jServer HOME keep|temporary.
 *
 * The first line of stdin is the password of the user neo4j (empty: it stays what it was); "ready" on stdout says that
 * Bolt listens. It serves until stdin says "stop" or ends. The kernel closes stdin when the parent is gone, in whatever
 * way; a temporary home is removed then, as nobody else is left to do it.
 */
public final class Neo4jServer {
    private static final long GRACE = 20_000; // ms to shut down in
    private static volatile DatabaseManagementService service;

    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]);
        boolean temporary = args[1].equals("temporary");
        BufferedReader parent = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String password = parent.readLine();
        Runtime.getRuntime().addShutdownHook(new Thread(Neo4jServer::shutdown)); // SIGTERM
        new Thread(() -> serve(home, password), "start").start();
        boolean orphaned = parent.readLine() == null;
        Thread end = new Thread(Neo4jServer::shutdown, "end");
        end.start();
        end.join(GRACE);
        if (orphaned && temporary) {
            remove(home);
        }
        Runtime.getRuntime().halt(0);
    }

    private static void serve(Path home, String password) {
        try {
            boolean change = password != null && !password.isEmpty();
            boolean fresh = Files.notExists(home.resolve("data/databases/system"));
            Path conf = home.resolve("conf");
            if (change && fresh) {
                String word = password.startsWith("@") ? "@" + password : password; // @FILE would be read
                ExecutionContext context = new ExecutionContext(home, conf);
                if (AdminTool.execute(context, "dbms", "set-initial-password", "--", word) != 0) {
                    throw new IllegalStateException("the password was refused");
                }
            }
            service = new DatabaseManagementServiceBuilder(home)
                    .loadPropertiesFromFile(conf.resolve("neo4j.conf"))
                    .build();
            if (change && !fresh) { // ALTER USER would refuse a password that is already set
                service.database("system").executeTransactionally(
                        "CREATE OR REPLACE USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED",
                        Map.of("password", password));
            }
            System.out.println("ready");
        } catch (Throwable fault) {
            fault.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private static void shutdown() {
        if (service != null) {
            service.shutdown();
        }
    }

    private static void remove(Path home) throws InterruptedException {
        for (int attempt = 0; attempt < 20 && Files.exists(home); attempt++) { // a thread may still write a file
            try (Stream<Path> inside = Files.walk(home)) {
                inside.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            } catch (IOException | RuntimeException changing) {
                Thread.sleep(50);
            }
        }
    }
}
