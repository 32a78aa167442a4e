using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Lab;

/// <summary>
/// Pages whose tags the agent takes as it finds them: given up with MADV_FREE, which may have cost them their tags, and nothing was stored in them since
/// (lab/guest/pages.c, freed). Whether the kernel then lets go of the page does not matter: the agent cannot tell.
/// </summary>
internal static class FoundTags
{
    /// <summary>Those after an operation that the kernel has done.</summary>
    /// <param name="pages">Those before it.</param>
    /// <param name="op">The operation.</param>
    public static BitSet<PageAt> After(BitSet<PageAt> pages, Operation op)
    {
        var at = new PageAt(op.Mm, op.Page);
        switch (op.Verb)
        {
            case Verb.Free:
                return pages.With(at);
            case Verb.Write or Verb.Tag or Verb.Map or Verb.Unmap or Verb.Dontneed:
                return pages.Without(at);
            case Verb.Mremap or Verb.UffdMove:
                var to = new PageAt(op.Mm, op.To);
                return pages.Contains(at) ? pages.Without(at).With(to) : pages.Without(to);
            case Verb.Fork:
                pages = pages.Except(PageAt.AllOf(op.Child));
                for (byte page = 0; page < Capacity.Pages; page++)
                {
                    if (pages.Contains(new PageAt(op.Mm, new Vpn(page)))) pages = pages.With(new PageAt(op.Child, new Vpn(page)));
                }

                return pages;
            default:
                return pages;
        }
    }
}
