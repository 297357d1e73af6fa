static int list;
