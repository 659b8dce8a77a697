import CSIMD

/// The CPU that the engine was built for.
public enum CPUFeatures {
  /// Images of a batch block: 16 with AVX-512, 8 with AVX2, 4 otherwise.
  package static var laneCount: Int { Int(lane_count) }
  /// The instruction set the engine was compiled for.
  public static var name: String { String(cString: lane_cpu_name()) }
  /// Whether this CPU has the instructions that the engine was compiled for.
  public static var isSupported: Bool { lane_cpu_is_supported() != 0 }
  /// Vector registers, which bound the size of a microkernel.
  static var registers: Int { Int(vector_register_count) }
}
