namespace Hooks.Core.Paths;

/// <summary>An element of a path as it is written down: a step, or a label in front of the next step.</summary>
/// <param name="Step">The step, if it is one.</param>
/// <param name="Label">The label, if it is one.</param>
public readonly record struct PathItem(Step? Step, Label Label)
{
    /// <summary>A step.</summary>
    public static implicit operator PathItem(Step step) => FromStep(step);

    /// <summary>A label.</summary>
    public static implicit operator PathItem(Label label) => FromLabel(label);

    /// <summary>A step.</summary>
    public static PathItem FromStep(Step step) => new(step, Label.None);

    /// <summary>A label.</summary>
    public static PathItem FromLabel(Label label) => new(null, label);

    /// <inheritdoc/>
    public override string ToString() => Step?.Name ?? Label + ":";
}

/// <summary>A kernel path as data: an ordered list of steps and labels. Moving a line of the kernel is moving an element.</summary>
public sealed class KernelPath
{
    /// <summary>A label that the path does not have.</summary>
    private const byte Nowhere = byte.MaxValue;

    private readonly byte[] _labels = new byte[Enum.GetValues<Label>().Length];

    /// <summary>A path of these steps and labels, in order.</summary>
    /// <exception cref="ArgumentException">A label stands twice, an item is neither step nor label, or there is no step.</exception>
    public KernelPath(PathId id, string kernelFunction, params IReadOnlyList<PathItem> items)
    {
        Id = id;
        KernelFunction = kernelFunction;
        Items = items;
        var steps = new List<Step>();
        Array.Fill(_labels, Nowhere);
        foreach (var item in items)
        {
            if (item.Step is { } step)
            {
                steps.Add(step);
                continue;
            }

            if (item.Label == Label.None) throw new ArgumentException($"{id}: an item is neither a step nor a label", nameof(items));
            if (_labels[(int)item.Label] != Nowhere) throw new ArgumentException($"{id}: label {item.Label} stands twice", nameof(items));
            _labels[(int)item.Label] = (byte)steps.Count;
        }

        if (steps.Count == 0) throw new ArgumentException($"{id}: a path needs a step", nameof(items));
        Steps = [.. steps];
    }

    /// <summary>Which path.</summary>
    public PathId Id { get; }

    /// <summary>The kernel function it stands for.</summary>
    public string KernelFunction { get; }

    /// <summary>Steps and labels as written.</summary>
    public IReadOnlyList<PathItem> Items { get; }

    /// <summary>The steps, by position.</summary>
    public Step[] Steps { get; }

    /// <summary>This path with a step left out, wherever it stands.</summary>
    /// <exception cref="ArgumentException">The path has no such step.</exception>
    public KernelPath Without(Step step) => Replace(step);

    /// <summary>This path with other steps in the place of one, wherever it stands: how a variant of a kernel is made.</summary>
    /// <exception cref="ArgumentException">The path has no such step.</exception>
    public KernelPath Replace(Step step, params IReadOnlyList<PathItem> with)
    {
        if (!Steps.Contains(step)) throw new ArgumentException($"path {Id} has no step {step.Name}", nameof(step));
        return new KernelPath(Id, KernelFunction, [.. Items.SelectMany(item => item.Step == step ? with : [item])]);
    }

    /// <summary>The position of a label: the step after it.</summary>
    /// <exception cref="InvalidOperationException">A step jumps to a label that this path lacks.</exception>
    public byte PositionOf(Label label)
    {
        var position = _labels[(int)label];
        return position != Nowhere ? position : throw new InvalidOperationException($"path {Id} has no label {label}");
    }
}
