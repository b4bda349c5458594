import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.EmptyIndex;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.h2.mvstore.MVStore;

/** A MongoDB-wire server on one file: MongoStandIn FILE PORT. Stop it by SIGTERM, which is when it writes to disk. */
public class MongoStandIn {
  /** The wire version that today's driver asks for; the server itself says an older one. */
  private static final MongoVersion FIVE = new MongoVersion() {
    public List<Integer> getVersionArray() { return List.of(5, 0, 0); }
    public int getWireVersion() { return 13; }
  };

  public static void main(String[] args) {
    MongoBackend backend = new Backend(args[0]).version(FIVE);
    MongoServer server = new MongoServer(backend);
    server.bind("127.0.0.1", Integer.parseInt(args[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
  }

  private static class Backend extends H2Backend {
    /** A third of the memory remembers documents; the default of 16 MB would read them from the file again and again. */
    private static final int CACHE_MB = (int) (Runtime.getRuntime().maxMemory() / 3 >> 20);

    /** What a question of much began to read stays for as long as it may take; the default of 45 s ends it half-way. */
    private static final int KEPT_MS = (CACHE_MB > 600 ? 600 : 45) * 1000;

    Backend(String file) { super(opened(file)); }

    private static MVStore opened(String file) {
      MVStore store = new MVStore.Builder().fileName(file).cacheSize(CACHE_MB).open();
      store.setRetentionTime(KEPT_MS);
      return store;
    }

    protected MongoDatabase openOrCreateDatabase(String name) {
      return new Database(name, getMvStore(), getCursorRegistry());
    }
  }

  private static class Database extends H2Database {
    Database(String name, MVStore store, CursorRegistry cursors) { super(name, store, cursors); }

    protected Index<Object> openOrCreateUniqueIndex(String collection, String name, List<IndexKey> keys, boolean sparse) {
      return new Narrowing(name, keys, sparse, super.openOrCreateUniqueIndex(collection, name, keys, sparse));
    }

    protected Index<Object> openOrCreateSecondaryIndex(String collection, String name, List<IndexKey> keys, boolean sparse) {
      if (keys.size() == 1 && keys.get(0).getKey().equals("keys.basis")) return new Ordered(name, keys);
      boolean plain = keys.size() == 1 && !keys.get(0).getKey().contains(".");
      if (plain && keys.get(0).getKey().equals("shape")) return new Differing(name, keys);
      return plain ? new Present(name, keys) : super.openOrCreateSecondaryIndex(collection, name, keys, sparse);
    }
  }

  /** Finds the documents that have a field, which is how events that wait are found; the server itself reads all. */
  private static class Present extends EmptyIndex<Object> {
    private static final Document EXISTS = new Document("$exists", true);
    private final Set<Object> places = ConcurrentHashMap.newKeySet();

    Present(String name, List<IndexKey> keys) { super(name, keys); }

    private String key() { return keys().get(0); }
    public boolean canHandle(Document query) { return query.size() == 1 && EXISTS.equals(query.get(key())); }
    public Iterable<Object> getPositions(Document query) { return List.copyOf(places); }

    public void add(Document document, Object place, MongoCollection<Object> of) {
      if (document.containsKey(key())) places.add(place); else places.remove(place);
    }

    public void updateInPlace(Document from, Document to, Object place, MongoCollection<Object> of) { add(to, place, of); }

    public Object remove(Document document) {
      places.remove(document.get("_id"));
      return null;
    }
  }

  /** Finds the documents whose field is not this, as those of an earlier shape are found; the server reads all. */
  private static class Differing extends EmptyIndex<Object> {
    private static final Object NONE = new Object();
    private final Map<Object, Object> values = new ConcurrentHashMap<>();

    Differing(String name, List<IndexKey> keys) { super(name, keys); }

    private String key() { return keys().get(0); }

    public boolean canHandle(Document query) {
      return query.size() == 1 && query.get(key()) instanceof Document asked && asked.keySet().equals(Set.of("$ne"));
    }

    public Iterable<Object> getPositions(Document query) {
      Object other = ((Document) query.get(key())).get("$ne");
      return values.entrySet().stream().filter(each -> !each.getValue().equals(other)).map(Map.Entry::getKey).toList();
    }

    public void add(Document document, Object place, MongoCollection<Object> of) {
      values.put(place, document.getOrDefault(key(), NONE));
    }

    public void updateInPlace(Document from, Document to, Object place, MongoCollection<Object> of) { add(to, place, of); }

    public Object remove(Document document) {
      values.remove(document.get("_id"));
      return null;
    }
  }

  /** Finds the documents whose text is this, or lies between two ends, as overtaken matches do; the server reads all. */
  private static class Ordered extends EmptyIndex<Object> {
    private static final Set<String> ENDS = Set.of("$gte", "$lt", "$ne");
    private final NavigableMap<String, Set<Object>> places = new ConcurrentSkipListMap<>();
    private final Map<Object, String> values = new ConcurrentHashMap<>();

    Ordered(String name, List<IndexKey> keys) { super(name, keys); }

    public boolean canHandle(Document query) {
      Object asked = query.get(keys().get(0));
      return query.size() == 1 && (asked instanceof String || asked instanceof Document ends && ENDS.containsAll(ends.keySet()));
    }

    public Iterable<Object> getPositions(Document query) {
      Object asked = query.get(keys().get(0));
      if (asked instanceof String value) return List.copyOf(places.getOrDefault(value, Set.of()));
      String low = (String) ((Document) asked).getOrDefault("$gte", ""), high = (String) ((Document) asked).get("$lt");
      NavigableMap<String, Set<Object>> from = places.tailMap(low, true);
      return (high == null ? from : from.headMap(high, false)).values().stream().flatMap(Set::stream).toList();
    }

    public void add(Document document, Object place, MongoCollection<Object> of) {
      String[] path = keys().get(0).split("\\.");
      if (!(document.get(path[0]) instanceof Document inside && inside.get(path[1]) instanceof String value)) return;
      values.put(place, value);
      places.computeIfAbsent(value, each -> ConcurrentHashMap.newKeySet()).add(place);
    }

    public void updateInPlace(Document from, Document to, Object place, MongoCollection<Object> of) {
      remove(from);
      add(to, place, of);
    }

    public Object remove(Document document) {
      String value = values.remove(document.get("_id"));
      if (value != null) places.get(value).remove(document.get("_id"));
      return null;
    }
  }

  /** A unique index that is used where a filter names more than its keys; the server itself reads every document then. */
  private static class Narrowing extends Index<Object> {
    private final Index<Object> inner;

    Narrowing(String name, List<IndexKey> keys, boolean sparse, Index<Object> inner) {
      super(name, keys, sparse);
      this.inner = inner;
    }

    public boolean canHandle(Document query) {
      return query.keySet().containsAll(keySet()) && inner.canHandle(narrowed(query));
    }

    public Iterable<Object> getPositions(Document query) { return inner.getPositions(narrowed(query)); }

    private Document narrowed(Document query) {
      Document own = new Document();
      for (String key : keys()) own.put(key, query.get(key));
      return own;
    }

    public Object getPosition(Document document) { return inner.getPosition(document); }
    public void checkAdd(Document document, MongoCollection<Object> of) { inner.checkAdd(document, of); }
    public void add(Document document, Object at, MongoCollection<Object> of) { inner.add(document, at, of); }
    public Object remove(Document document) { return inner.remove(document); }
    public void checkUpdate(Document from, Document to, MongoCollection<Object> of) { inner.checkUpdate(from, to, of); }
    public void updateInPlace(Document from, Document to, Object at, MongoCollection<Object> of) {
      inner.updateInPlace(from, to, at, of);
    }
    public long getCount() { return inner.getCount(); }
    public long getDataSize() { return inner.getDataSize(); }
    public boolean isUnique() { return inner.isUnique(); }
    public void drop() { inner.drop(); }
  }
}
