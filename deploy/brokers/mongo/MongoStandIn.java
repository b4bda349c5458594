import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.util.List;

/** A MongoDB-wire server on one file: MongoStandIn FILE PORT. Stop it by SIGTERM, which is when it writes to disk. */
public class MongoStandIn {
  /** The wire version that today's driver asks for; the server itself says an older one. */
  private static final MongoVersion FIVE = new MongoVersion() {
    public List<Integer> getVersionArray() { return List.of(5, 0, 0); }
    public int getWireVersion() { return 13; }
  };

  public static void main(String[] args) {
    MongoServer server = new MongoServer(new H2Backend(args[0]).version(FIVE));
    server.bind("127.0.0.1", Integer.parseInt(args[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
  }
}
