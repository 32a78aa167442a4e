namespace Hooks.KernelSource.Paths;

/// <summary>What a variable holds, which decides the slots it may have.</summary>
internal enum Holds : byte
{
    /// <summary>A folio or a page, by its frame: the same, as folios read from source are of one page.</summary>
    Folio,

    /// <summary>A swap entry.</summary>
    Entry,

    /// <summary>A page table entry.</summary>
    Pte,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A truth value, or a member that points to something, of which only matters whether it is NULL.</summary>
    Truth,

    /// <summary>Something there is one of for the task (the VMA, the mm, the fault): no value at all.</summary>
    Handle,

    /// <summary>A type that nothing is known of.</summary>
    Unknown,
}

/// <summary>A variable of a function, or a member of a structure that behaves as one.</summary>
/// <param name="name">As the source has it.</param>
/// <param name="type">Its type.</param>
internal sealed class Variable(string name, string type)
{
    /// <summary>As the source has it.</summary>
    public string Name { get; } = name;

    /// <summary>Its type.</summary>
    public string Type { get; } = type;

    /// <summary>What it holds.</summary>
    public Holds Holds { get; init; } = HoldsOf(type);

    /// <summary>Whether it is made 0 or 1 when it is set.</summary>
    public bool IsTruth => Holds == Holds.Truth;

    /// <summary>The slot that it has to have: that of an argument, or of a member that other paths know too; −1 for any.</summary>
    public int Fixed { get; init; } = -1;

    /// <summary>What it is when the path begins; null if nothing is known, or it is not yet there.</summary>
    public long? AtEntry { get; init; }

    /// <summary>The slot it was given; −1 before that. From <see cref="SlotAllocation.FirstBit"/> on a bit of the slot that holds truth values.</summary>
    public int Slot { get; set; } = -1;

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static Holds HoldsOf(string type) => type switch
    {
        "struct folio*" or "struct page*" => Holds.Folio,
        "swp_entry_t" or "softleaf_t" => Holds.Entry,
        "pte_t" => Holds.Pte,
        "bool" => Holds.Truth,
        "struct swap_info_struct*" or "pte_t*" or "vm_flags_t" or "fpb_t" or "int" or "long" or "unsigned" or "unsigned int" or "unsigned long" or "vm_fault_t" or "rmap_t" or "gfp_t" or "size_t" or "void*"
            or "unsigned char" or "u8" or "u16" or "u32" or "u64" or "ssize_t" or "enum ttu_flags" or "enum folio_references" or "pageout_t" or "struct address_space*" or "struct swap_iocb*" => Holds.Number,
        "struct vm_area_struct*" or "struct mm_struct*" or "struct vm_fault*" or "pmd_t*" or "pud_t*" or "spinlock_t*" or "struct mmu_notifier_range" or "struct mem_cgroup*" or "pmd_t"
            or "struct mmu_gather*" or "struct zap_details*" or "struct page_vma_mapped_walk" or "struct pagetable_move_control*"
            or "struct scan_control*" or "struct reclaim_stat*" or "struct pglist_data*" or "struct list_head*" => Holds.Handle,
        _ => Holds.Unknown,
    };
}

/// <summary>An expression of which every name is known to the model, or said not to be.</summary>
internal abstract record Ir
{
    /// <summary>What it is made of.</summary>
    public virtual IEnumerable<Ir> Parts => [];

    /// <summary>It and all that it is made of.</summary>
    public IEnumerable<Ir> All() => Parts.SelectMany(p => p.All()).Prepend(this);

    /// <summary>Whether it changes the machine, or waits: it is a step of its own.</summary>
    public bool HasEffect => All().Any(i => i is Apply { Row.Role: Role.Step } or NotKnown);

    /// <summary>Whether it looks at what others may change: it is a step, too.</summary>
    public bool IsShared => All().Any(i => i is Apply { Row.Role: Role.Step or Role.Query } or NotKnown);
}

/// <summary>A number.</summary>
internal sealed record Constant(long Value) : Ir;

/// <summary>The value of a variable.</summary>
internal sealed record Use(Variable Variable) : Ir;

/// <summary>An operator before its operand.</summary>
internal sealed record Before(string Operator, Ir Operand) : Ir
{
    /// <inheritdoc/>
    public override IEnumerable<Ir> Parts => [Operand];
}

/// <summary>An operator between operands.</summary>
internal sealed record Between(string Operator, Ir Left, Ir Right) : Ir
{
    /// <inheritdoc/>
    public override IEnumerable<Ir> Parts => [Left, Right];
}

/// <summary>One of two.</summary>
internal sealed record Either(Ir Condition, Ir Then, Ir Otherwise) : Ir
{
    /// <inheritdoc/>
    public override IEnumerable<Ir> Parts => [Condition, Then, Otherwise];
}

/// <summary>A primitive of the model, applied.</summary>
internal sealed record Apply(Row Row, Ir[] Arguments) : Ir
{
    /// <inheritdoc/>
    public override IEnumerable<Ir> Parts => Arguments;
}

/// <summary>Something that nothing is known of: no verdict if it is live.</summary>
internal sealed record NotKnown(Unknown What) : Ir;

/// <summary>Where an instruction comes from.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">The line.</param>
/// <param name="Text">The C of it.</param>
internal sealed record Origin(string File, int Line, string Text);

/// <summary>The kinds of lowered instructions.</summary>
internal enum IrCode : byte
{
    /// <summary>Set a variable, or do something.</summary>
    Do,

    /// <summary>Jump if a value is 0.</summary>
    Unless,

    /// <summary>Jump.</summary>
    Jump,

    /// <summary>A label.</summary>
    Label,

    /// <summary>Go through another path.</summary>
    Call,

    /// <summary>The end.</summary>
    Return,
}

/// <summary>A lowered instruction.</summary>
/// <param name="Code">Which.</param>
/// <param name="Origin">Where it comes from.</param>
internal sealed record IrItem(IrCode Code, Origin Origin)
{
    /// <summary>Do: the variable that is set, if one is.</summary>
    public Variable? Target { get; init; }

    /// <summary>The value; of a return, what is returned.</summary>
    public Ir? Value { get; init; }

    /// <summary>Jump, Unless: where to. Label: its name.</summary>
    public string Label { get; init; } = "";

    /// <summary>Call: which path.</summary>
    public Core.Paths.PathId Callee { get; init; }

    /// <summary>Which statement of the path's function it comes from, counted in its outermost block.</summary>
    public int Statement { get; init; }
}

/// <summary>Lowered code as text, by which two readings are compared: what it does, not where it stands.</summary>
internal static class IrText
{
    /// <summary>What an assertion becomes.</summary>
    public static Row Assertion { get; } = new("", 1, Role.Step, null, [1], "", "") { Primitive = typeof(Primitives).GetMethod(nameof(Primitives.Assert)) };

    /// <summary>A line for each instruction; generated labels by their order. Assertions do nothing.</summary>
    public static string Of(List<IrItem> code)
    {
        var labels = new Dictionary<string, int>(StringComparer.Ordinal);
        return string.Join('\n', code.Where(i => i.Value is not Apply { Row: var row } || row != Assertion).Select(i => $"{i.Code} {i.Callee} {i.Target} {(i.Label.Length == 0 ? "" : Number(i.Label))} {(i.Value is null ? "" : Of(i.Value))}"));

        int Number(string label) => labels.TryGetValue(label, out var n) ? n : labels[label] = labels.Count;
    }

    private static string Of(Ir ir) => ir switch
    {
        Constant c => c.Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Use u => u.Variable.Name,
        Before b => $"{b.Operator}({Of(b.Operand)})",
        Between b => $"({Of(b.Left)} {b.Operator} {Of(b.Right)})",
        Either e => $"({Of(e.Condition)} ? {Of(e.Then)} : {Of(e.Otherwise)})",
        Apply a => $"{a.Row.Primitive!.Name}({string.Join(", ", a.Arguments.Select(Of))})",
        NotKnown n => $"unknown {n.What.What}",
        _ => "",
    };
}
