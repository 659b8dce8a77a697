/// The mean recall of the classes that have images; nil without images.
///
/// - Parameters:
///   - correct: for each class the number of its images that were predicted as it.
///   - counts: for each class the number of its images.
public func balancedAccuracy(correct: [Int], counts: [Int]) -> Double? {
  let recalls = zip(correct, counts).filter { $1 > 0 }.map { Double($0) / Double($1) }
  return recalls.isEmpty ? nil : recalls.reduce(0, +) / Double(recalls.count)
}
