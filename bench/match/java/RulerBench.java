// event-ruler as the bench drives it: commands on standard input, one JSON line answered to each.
//
//   events FILE          the events, one a line
//   load FILE LIMIT_MS   a new machine with the rules of FILE, one a line; stops loading after LIMIT_MS
//   run LIMIT_MS         all events once, or as many as the limit allows

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import software.amazon.event.ruler.Machine;

public class RulerBench {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static List<String> events = new ArrayList<>();
  private static Machine machine = new Machine();
  private static int rules;

  public static void main(String[] arguments) throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split("\t");
      switch (words[0]) {
        case "events" -> readEvents(words[1]);
        case "load" -> load(words[1], Long.parseLong(words[2]));
        case "run" -> run(Long.parseLong(words[1]));
        default -> throw new IllegalArgumentException(line);
      }
    }
  }

  private static void readEvents(String file) throws Exception {
    events = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(Path.of(file))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        events.add(line);
      }
    }
    answer("{\"events\":%d}", events.size());
  }

  private static void load(String file, long limitMs) throws Exception {
    List<String> patterns = Files.readAllLines(Path.of(file));
    machine = new Machine();
    long before = usedBytes();
    long cpu = THREADS.getCurrentThreadCpuTime();
    long start = System.nanoTime();
    rules = 0;
    for (String pattern : patterns) {
      if ((rules & 255) == 0 && System.nanoTime() - start > limitMs * 1_000_000) break;
      machine.addRule("r" + rules, pattern);
      rules += 1;
    }
    double loadMs = (THREADS.getCurrentThreadCpuTime() - cpu) / 1e6;
    long bytes = usedBytes() - before;
    // Named once more behind the measurement, so that the texts are there before and after it.
    boolean isWhole = rules == patterns.size();
    answer(
        "{\"rules\":%d,\"isWhole\":%b,\"loadMs\":%.3f,\"bytes\":%d}",
        rules, isWhole, loadMs, bytes);
  }

  private static void run(long limitMs) throws Exception {
    int[] matches = new int[rules];
    long cpu = THREADS.getCurrentThreadCpuTime();
    long start = System.nanoTime();
    int done = 0;
    for (String event : events) {
      if ((done & 63) == 0 && System.nanoTime() - start > limitMs * 1_000_000) break;
      for (String name : machine.rulesForJSONEvent(event)) {
        matches[Integer.parseInt(name.substring(1))] += 1;
      }
      done += 1;
    }
    double wallMs = (System.nanoTime() - start) / 1e6;
    double cpuMs = (THREADS.getCurrentThreadCpuTime() - cpu) / 1e6;
    answer(
        "{\"events\":%d,\"wallMs\":%.3f,\"cpuMs\":%.3f,\"matches\":%s}",
        done, wallMs, cpuMs, summary(matches));
  }

  /** All counts while there are few; of many the sum. */
  private static String summary(int[] matches) {
    if (matches.length <= 64) return java.util.Arrays.toString(matches);
    long sum = 0;
    for (int count : matches) sum += count;
    return "[" + sum + "]";
  }

  private static long usedBytes() throws Exception {
    for (int round = 0; round < 3; round += 1) {
      System.gc();
      Thread.sleep(50);
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static void answer(String format, Object... values) {
    System.out.println(String.format(format, values));
    System.out.flush();
  }
}
